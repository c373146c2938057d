import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { signProof } from '@writ/identity'
import type { Wire } from '@writ/identity/suites'
import { provideRedis } from '../tools/local/redis.mjs'
import { stateDirectory } from '../tools/state.mjs'
import { cuttableWay } from './drivers/cuttable.ts'
import type { Cuttable } from './drivers/cuttable.ts'
import { eventually } from './drivers/ledger.ts'
import { exchange, requestText } from './drivers/raw.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { MCP_HEADERS } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const ORIGIN = 'http://gateway.writ.test'
const RESOURCE = `${ORIGIN}/acme/tools/mcp`
const BODY = Buffer.from(
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_order","arguments":{"order":"L-1"}}}',
)

describe('when gateways lose Redis', () => {
  let world: World
  let agent: EnrolledAgent
  let way: Cuttable
  let redis: NonNullable<Awaited<ReturnType<typeof provideRedis>>>
  const stateDir = join(stateDirectory(), `e2e-redis-${process.pid}`)

  beforeAll(async () => {
    mkdirSync(stateDir, { recursive: true, mode: 0o711 })
    const found = await provideRedis({ stateDir, env: { ...process.env, REDIS_URL: undefined } })
    if (found === null) throw new Error('these tests need a Redis')
    redis = found
    const { hostname, port } = new URL(redis.url)
    way = await cuttableWay({ host: hostname, port: Number(port) })
    const throughWay = Object.assign(new URL(redis.url), { port: String(way.port) }).href
    world = await startWorld({
      redis: 'required',
      gateways: 2,
      env: { ...process.env, REDIS_URL: redis.url },
      tuning: {
        gateway: { WRIT_PUBLIC_ORIGIN: ORIGIN, REDIS_URL: throughWay },
        controlPlane: { WRIT_GATEWAY_ORIGINS: ORIGIN },
      },
    })
    agent = await world.acme.enrol()
  }, 120_000)
  afterAll(async () => {
    await world?.stop()
    await way?.close()
    await redis?.stop()
    rmSync(stateDir, { recursive: true, force: true })
  }, 60_000)

  /** One request, signed once, that can be sent to any gateway. */
  const signed = async (nonce?: string, body = BODY): Promise<Wire> => {
    const accessToken = await agent.session.accessToken()
    const proof = signProof({
      key: agent.sessionKey,
      verb: 'POST',
      url: RESOURCE,
      nowMs: Date.now(),
      jti: randomBytes(16).toString('base64url'),
      accessToken,
      body,
      ...(nonce === undefined ? {} : { nonce }),
    })
    const own = { host: 'gateway.writ.test', 'content-length': String(body.length), connection: 'close' }
    const headers = Object.entries({
      authorization: `DPoP ${accessToken}`,
      dpop: proof,
      ...MCP_HEADERS,
      ...own,
    })
    return { verb: 'POST', url: RESOURCE, headers, body }
  }
  const send = async (wire: Wire, gateway: number) => {
    const [answer] = await exchange(world.platform.gateways[gateway]!.url, requestText(wire, { fields: [] }))
    if (!answer) throw new Error('no answer came')
    const { status, fields, text } = answer
    const error = /error="(\w+)"/.exec(fields.get('www-authenticate') ?? '')?.[1] ?? null
    return { status, error, nonce: fields.get('dpop-nonce'), text }
  }
  const calls = (): number => world.acme.upstream.seen.length

  let before: Wire

  it('a proof is taken once by both of them before', async () => {
    before = await signed()
    expect((await send(before, 0)).status).toBe(200)
    expect(await send(before, 1)).toMatchObject({ status: 401, error: 'invalid_dpop_proof' })
  })

  it('that proof is not taken again by either, and a new one is asked for a nonce', async () => {
    way.cut()
    for (const gateway of [0, 1]) {
      expect(await send(before, gateway)).toMatchObject({ status: 401, error: 'use_dpop_nonce' })
      const asked = await send(await signed(), gateway)
      expect(asked).toMatchObject({ status: 401, error: 'use_dpop_nonce' })
      expect(asked.nonce).toMatch(/^[\w-]{22}$/)
    }
  })

  it('a proof with the nonce of one gateway is taken there once, and at no other', async () => {
    const { nonce } = await send(await signed(), 0)
    const proven = await signed(nonce)
    expect(await send(proven, 1)).toMatchObject({ status: 401, error: 'use_dpop_nonce' })
    expect((await send(proven, 0)).status).toBe(200)
    expect(await send(proven, 0)).toMatchObject({ status: 401, error: 'invalid_dpop_proof' })
    expect(await send(proven, 1)).toMatchObject({ status: 401, error: 'use_dpop_nonce' })
  })

  it('nothing is done that cannot be undone', async () => {
    const { nonce } = await send(await signed(), 0)
    const body = Buffer.from(BODY.toString().replace('lookup_order', 'delete_account'))
    const callsBefore = calls()
    const refused = await send(await signed(nonce, body), 0)
    expect(refused.status).toBe(503)
    expect(refused.text).toContain('-31122')
    expect(calls()).toBe(callsBefore)
  })

  it('what was used before and meanwhile is not taken when it is back', async () => {
    const { nonce } = await send(await signed(), 0)
    const meanwhile = await signed(nonce)
    expect((await send(meanwhile, 0)).status).toBe(200)
    way.mend()
    await eventually('the way to Redis', async () => {
      const { nonce: current } = await send(await signed(), 1)
      return current !== undefined && (await send(await signed(current), 1)).status === 200
    })
    for (const gateway of [0, 1]) {
      expect((await send(before, gateway)).status).toBe(401)
      expect((await send(meanwhile, gateway)).status).toBe(401)
    }
  })
})
