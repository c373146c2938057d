import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { signProof } from '@writ/identity'
import { Client } from 'pg'
import { z } from 'zod'
import { eventually } from './drivers/ledger.ts'
import { MCP_HEADERS } from './drivers/tenant.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const kidIn = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid

describe('when the signing key of a tenant is rotated under load', () => {
  let world: World
  let agents: EnrolledAgent[]

  beforeAll(async () => {
    world = await startWorld({ redis: 'required', gateways: 2 })
    agents = [await world.acme.enrol(), await world.acme.enrol()]
    for (const agent of agents)
      await eventually(
        'a first answer',
        async () => (await agent.call('lookup_order', { order: 'K-0' })).status === 200,
      )
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const rotate = (when: 'soon' | 'now') =>
    world.acme.admin.send('POST', 'signing-keys/rotate', { when }, z.object({ keys: z.array(z.unknown()) }))
  const freshKid = async (): Promise<string> => kidIn(await agents[0]!.anotherSession().accessToken())

  /** Calls at every gateway at once, as fast as they are answered, until it is told to stop. @returns how often each status came */
  const underLoad = async (work: () => Promise<unknown>): Promise<ReadonlyMap<number, number>> => {
    const statuses = new Map<number, number>()
    const over = new AbortController()
    const load = agents.flatMap((agent) =>
      world.platform.gatewayUrls.map(async (url) => {
        while (!over.signal.aborted) {
          const { status } = await agent.call('lookup_order', { order: 'K-1' }, `${url}/acme/tools/mcp`)
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
        }
      }),
    )
    await work().finally(() => over.abort())
    await Promise.all(load)
    return statuses
  }

  it('no call is refused: the new key is known before it signs, and tokens of the old one go on', async () => {
    const before = await freshKid()
    const statuses = await underLoad(async () => {
      expect((await rotate('soon')).keys).toHaveLength(2)
      expect(await freshKid()).toBe(before)
      await letTheNewKeySign(world)
      await eventually('a token of the new key', async () => (await freshKid()) !== before)
      const newcomer = await world.acme.enrol()
      await eventually(
        'an answer',
        async () => (await newcomer.call('lookup_order', { order: 'K-2' })).status === 200,
      )
    })
    expect([...statuses.keys()]).toEqual([200])
    expect(statuses.get(200)).toBeGreaterThan(20)
    expect(kidIn(await agents[0]!.session.accessToken())).toBe(before)
  }, 60_000)

  it('and nothing of a key that is distrusted counts, while sessions go on under the new one', async () => {
    const distrusted = await agents[0]!.session.accessToken()
    await rotate('now')
    for (const agent of agents)
      for (const url of world.platform.gatewayUrls)
        await eventually('the end of the old key', async () => {
          const { status } = await agent.call('lookup_order', { order: 'K-3' }, `${url}/acme/tools/mcp`)
          return status === 200 && kidIn(await agent.session.accessToken()) !== kidIn(distrusted)
        })
    const statuses = await underLoad(() => agents[1]!.call('lookup_order', { order: 'K-4' }))
    expect([...statuses.keys()]).toEqual([200])
    expect((await sendUnder(distrusted, agents[0]!)).status).toBe(401)
  }, 60_000)
})

/** The ten minutes of notice have passed. */
async function letTheNewKeySign(world: World): Promise<void> {
  const client = new Client({ connectionString: world.platform.ownerUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [world.acme.id])
    await client.query(
      `update writ.signing_keys set use_after = least(use_after, now() - interval '1 second'),
         retired_at = case when retired_at is not null then now() - interval '1 second' end
       where tenant_id = $1`,
      [world.acme.id],
    )
  } finally {
    await client.end()
  }
}

function sendUnder(accessToken: string, agent: EnrolledAgent): Promise<Response> {
  const body = new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"ping"}')
  const proof = signProof({
    key: agent.sessionKey,
    verb: 'POST',
    url: agent.url,
    nowMs: Date.now(),
    jti: randomBytes(16).toString('base64url'),
    accessToken,
    body,
  })
  return fetch(agent.url, {
    method: 'POST',
    headers: { ...MCP_HEADERS, authorization: `DPoP ${accessToken}`, dpop: proof },
    body,
  })
}
