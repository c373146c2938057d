import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { formatId } from '@writ/contracts'
import type { SessionState } from '@writ/contracts'
import type { SessionKey } from '@writ/enforcement'
import { sessionStoreSuite } from '@writ/enforcement/suites'
import type { RedisLink } from './connect.ts'
import { connectRedis } from './connect.ts'
import { createRedisSessionStore } from './session-store.ts'
import type { Gate } from './test-services.ts'
import { openGate, testRedisUrl } from './test-services.ts'

const DAY_MS = 24 * 3_600_000
const KEY: SessionKey = {
  tenant: formatId('ten', 1, randomBytes(10)),
  session: formatId('ses', 1, randomBytes(10)),
}
const NAME = `writ:session:${KEY.tenant}:${KEY.session}`
const STATE: SessionState = {
  format: 'writ.session.v1',
  version: 1,
  startedAtMs: 1,
  labels: ['untrusted'],
  calls: 1,
  denials: 0,
  aborted: null,
  folds: {},
  values: {},
  secrets: [],
  hosts: [],
  pins: {},
}

let gate: Gate
let near: RedisLink
let far: RedisLink

beforeAll(async () => {
  gate = await openGate(testRedisUrl(13))
  near = connectRedis(testRedisUrl(13))
  far = connectRedis(gate.url)
  await Promise.all([near.whenReady(5_000), far.whenReady(5_000)])
  await near.client.flushdb()
})
afterAll(async () => {
  await Promise.all([near.close(), far.close()])
  await gate.close()
})

sessionStoreSuite('sessions in Redis', async () => [
  createRedisSessionStore(near),
  createRedisSessionStore(far),
])

describe('sessions in Redis', () => {
  it('are kept for a day after they were last used, and no longer', async () => {
    const store = createRedisSessionStore(near)
    await store.replace(KEY, null, STATE)
    expect(await near.client.pttl(NAME)).toBeGreaterThan(DAY_MS - 5_000)
    expect(await near.client.pttl(NAME)).toBeLessThanOrEqual(DAY_MS)
    await near.client.pexpire(NAME, 60_000)
    await store.read(KEY)
    expect(await near.client.pttl(NAME)).toBeGreaterThan(DAY_MS - 5_000)
  })

  it.each(['1{"format":"writ.session.v1"}', '1', '', '1{', 'null'])(
    'that cannot be read are not taken for new ones: %j',
    async (held) => {
      await near.client.set(NAME, held)
      await expect(createRedisSessionStore(near).read(KEY)).rejects.toThrow()
      expect(await createRedisSessionStore(near).replace(KEY, 5, STATE)).toBe(false)
      if (!/^\d/.test(held)) expect(await createRedisSessionStore(near).replace(KEY, null, STATE)).toBe(false)
      await near.client.del(NAME)
    },
  )

  it('cannot be had, and this soon, when Redis answers nothing', async () => {
    await createRedisSessionStore(near).replace(KEY, null, STATE)
    gate.freeze()
    const startedAt = performance.now()
    const store = createRedisSessionStore(far)
    await Promise.all([
      expect(store.read(KEY)).rejects.toThrow(),
      expect(store.replace(KEY, 1, { ...STATE, version: 2 })).rejects.toThrow(),
    ])
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    await gate.restore()
    expect(await createRedisSessionStore(near).read(KEY)).toEqual(STATE)
  })

  it('cannot be had when Redis is away, and can again when it is back', async () => {
    await gate.cut()
    const store = createRedisSessionStore(far)
    await expect(store.read(KEY)).rejects.toThrow()
    await expect(store.replace(KEY, 1, { ...STATE, version: 2 })).rejects.toThrow()
    await gate.restore()
    await far.whenReady(10_000)
    expect(await store.read(KEY)).toEqual(STATE)
  })
})
