import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AccessTokenClaims, AgentView, REFUSALS } from '@writ/contracts'
import { NEGATIVE_CASES } from '@writ/identity/suites'
import type { AttackKit, Wire } from '@writ/identity/suites'
import { authoritySigner } from './drivers/authority.ts'
import { endSession, eventually, storedRecords } from './drivers/ledger.ts'
import { callTool } from './drivers/tenant.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

type Got = {
  readonly status: number
  readonly challenge: string
  readonly decisionId: string
  readonly text: string
}

// What these two rows need is a gateway of another setting; they run against the verifier itself and in the outage tests.
const served = NEGATIVE_CASES.filter(({ needs }) => needs === undefined || needs === 'authority')

describe('a request with one thing wrong, over HTTP', () => {
  let world: World
  let agent: EnrolledAgent
  let kit: AttackKit
  const recorded: { id: string; decisionId: string; code: string }[] = []

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    const first = await world.acme.enrol()
    await first.call('lookup_order', { order: 'N-0' })
    // Enrolled once more, so that there is an older epoch; and a second session beside the first, which is then ended.
    agent = await world.acme.enrolAgain(first.id)
    const other = agent.anotherSession()
    const endedSession = claimsIn(await other.accessToken()).sid
    await endSession(world, world.acme.id, endedSession)
    await world.acme.admin.send('PUT', `agents/${agent.id}/groups`, { groups: [] }, AgentView)
    await eventually(
      'the end of the session',
      async () => (await callTool(other, agent.url, 'lookup_order', {})).status === 401,
    )
    await eventually(
      'the new enrolment',
      async () => (await agent.call('lookup_order', { order: 'N-0' })).status === 200,
    )
    kit = await kitOf(world, agent, endedSession)
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  it.each(served.map((row) => [row.id, row.title, row] as const))('%s %s', async (_id, _title, row) => {
    const moment = { ...kit, nowMs: Date.now() }
    const attack = row.mutate(moment)
    if (attack.prelude) expect((await send(attack.prelude)).status).toBe(200)
    const before = world.acme.upstream.seen.length
    const got = await send(attack)
    expect([got.status, got.challenge.match(/error="(\w+)"/)?.[1] ?? null]).toEqual([
      row.expected.status,
      row.expected.error,
    ])
    if (row.expected.status === 401) expect(got.challenge).toMatch(/^DPoP .*resource_metadata="http/)
    expect(got.text).toContain(String(REFUSALS[row.expected.code].rpc))
    expect(world.acme.upstream.seen).toHaveLength(before)
    recorded.push({ id: row.id, decisionId: got.decisionId, code: row.expected.code })
    // The request without the mutation passes, with the same jti: a refused request burns nothing.
    expect((await send(attack.repaired)).status).toBe(200)
    expect(world.acme.upstream.seen).toHaveLength(before + 1)
  })

  it('leaves exactly one closed record for each, and no intent', async () => {
    expect(recorded.length).toBeGreaterThan(100)
    const records = await eventually('the records', async () => {
      const stored = await storedRecords(world, world.acme.id)
      const ids = new Set(stored.map(({ decisionId }) => decisionId as string))
      return recorded.every(({ decisionId }) => ids.has(decisionId)) ? stored : undefined
    })
    for (const { id, decisionId, code } of recorded) {
      const found = records.filter((record) => record.decisionId === decisionId)
      expect([id, found.map(({ kind, refusal, credential }) => [kind, refusal, credential])]).toEqual([
        id,
        [['closed', code, null]],
      ])
    }
  })
})

const claimsIn = (token: string): AccessTokenClaims =>
  AccessTokenClaims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))

async function kitOf(
  world: World,
  agent: EnrolledAgent,
  endedSession: AccessTokenClaims['sid'],
): Promise<AttackKit> {
  const accessToken = await agent.session.accessToken()
  return {
    verb: 'POST',
    url: agent.url,
    body: Buffer.from(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_order","arguments":{"order":"N-1"}}}',
    ),
    nowMs: Date.now(),
    sessionKey: agent.sessionKey,
    accessToken,
    tokenEndpoint: `${world.platform.controlPlaneUrl}/t/acme/oauth/token`,
    newJti: () => randomBytes(16).toString('base64url'),
    authority: {
      signer: await authoritySigner(world.platform, world.acme.id),
      claims: claimsIn(accessToken),
      endedSession,
    },
  }
}

/** Fields in their order and number, which `fetch` would merge. */
function send({ headers, verb, url, body }: Wire): Promise<Got> {
  const fields = [
    ...headers.flat(),
    'Host',
    new URL(url).host,
    'Content-Type',
    'application/json',
    'Accept',
    'application/json, text/event-stream',
    'Content-Length',
    String(body.length),
  ]
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: verb, headers: fields }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          challenge: incoming.headers['www-authenticate'] ?? '',
          decisionId: String(incoming.headers['writ-decision-id'] ?? ''),
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
