import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectRedis } from '@writ/redis'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { brakeKey, BRAKE_KINDS, BRAKE_LIMITS, createBrakes, sourceOf } from './brakes.ts'
import { A, brakesSuite, LIMITS, through } from './brakes.suite.ts'

jest.setTimeout(60_000)

brakesSuite('in one process', () => Promise.resolve(null))

describe('brakes whose Redis is away', () => {
  it('count in their own process', async () => {
    const redis = connectRedis('redis://127.0.0.1:1')
    const brakes = createBrakes(redis, LIMITS)
    expect(await through(brakes, 10, { tenant: A, source: '192.0.2.1' })).toBe(3)
    await redis.close()
  })
})

describe('a key of the brakes in Redis', () => {
  it('begins with its tenant and holds nothing that a caller wrote', () => {
    for (const kind of BRAKE_KINDS) {
      expect(brakeKey(kind, { tenant: A, source: 'x y\r\n*' })).toMatch(
        new RegExp(`^writ:brake:${A}:${kind}:source:[A-Za-z0-9_-]{22}$`),
      )
      expect(brakeKey(kind, { tenant: null, principal: 'p' })).toMatch(/^writ:brake:-:/)
    }
  })

  it('is another one for a source than for a principal of that name', () => {
    expect(brakeKey('login', { tenant: A, source: 'x' })).not.toBe(
      brakeKey('login', { tenant: A, principal: 'x' }),
    )
  })
})

describe('the source of a request', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff::7', '2001:db8:0:0::/64'],
    ['2001:0db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is %s', (ip, source) => {
    expect(sourceOf({ ip })).toBe(source)
  })
})

describe('whoever tries keys at the API', () => {
  let plane: ControlPlane
  let key: string

  beforeAll(async () => {
    plane = await givenControlPlane({ brakes: { ...BRAKE_LIMITS, 'api-key': { source: 5, principal: 5 } } })
    key = (await plane.newTenant()).ownerKey.key
  })
  afterAll(() => plane?.close())

  it('is slowed down, while keys that hold are let in from the same address', async () => {
    const statuses = []
    for (let at = 0; at < 8; at += 1)
      statuses.push((await plane.ask('GET', '/api/v1/tenant', { key: `guess-${at}` })).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
    const slowed = await plane.ask('GET', '/api/v1/agents')
    expect([slowed.status, Number(slowed.headers.get('retry-after')) > 0]).toEqual([429, true])
    expect((await plane.ask('GET', '/api/v1/tenant', { key })).status).toBe(200)
  })
})

const BEHIND = { 'x-forwarded-for': '192.0.2.77' }
const attempts = async (plane: ControlPlane, headersOf: (at: number) => Record<string, string>) => {
  const statuses = []
  for (let at = 0; at < 6; at += 1)
    statuses.push((await plane.ask('GET', '/api/v1/tenant', { key: 'x', headers: headersOf(at) })).status)
  return statuses
}

describe('whom a request came from', () => {
  const few = { ...BRAKE_LIMITS, 'api-key': { source: 3, principal: 3 } }

  it('is not what the request says', async () => {
    const plane = await givenControlPlane({ brakes: few })
    const statuses = await attempts(plane, (at) => ({ 'x-forwarded-for': `192.0.2.${at}` }))
    await plane.close()
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
  })

  it('is what a proxy says that is trusted', async () => {
    const plane = await givenControlPlane({
      brakes: few,
      environment: { WRIT_TRUSTED_PROXIES: '127.0.0.0/8, ::1' },
    })
    const statuses = [
      await attempts(plane, () => BEHIND),
      await attempts(plane, (at) => ({ 'x-forwarded-for': `198.51.100.${at}` })),
    ]
    await plane.close()
    expect(statuses).toEqual([
      [401, 401, 401, 429, 429, 429],
      [401, 401, 401, 401, 401, 401],
    ])
  })
})
