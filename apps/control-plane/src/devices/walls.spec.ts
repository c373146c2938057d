import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { AgentId } from '@writ/contracts'
import { enrolledAgent } from '../testing/agents.ts'
import { joinedDevice } from '../testing/devices.ts'
import type { JoinedDevice } from '../testing/devices.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { newestBundle, sessionOf } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import {
  batchOf,
  claimOf,
  givenDeviceWorld,
  headOf,
  PACKAGES,
  reportOf,
  visit,
  visitsOf,
} from './wire.fixture.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let acme: World
let beta: World
/** of the agent of acme */
let device: JoinedDevice

beforeAll(async () => {
  plane = await givenControlPlane()
  acme = await givenDeviceWorld(plane)
  beta = await givenDeviceWorld(plane)
  device = await joinedDevice(plane, acme.slug, acme.agent)
})
afterAll(() => plane?.close())

const post = (path: string, body: object) => device.ask('POST', `${device.at}/${path}`, body)

/** What a device asks about another tenant or another agent, and the same about what nobody has. */
type Wall = readonly [what: string, method: 'GET' | 'POST', theirs: () => Asked, nobodys: () => Asked]
type Asked = Promise<readonly [path: string, body?: object]> | readonly [path: string, body?: object]

const NOBODY = {
  tenant: `ten_${'0'.repeat(26)}` as const,
  slug: 'nobody-here',
  session: `ses_${'0'.repeat(26)}`,
  connection: `con_${'0'.repeat(26)}`,
  agent: `agt_${'0'.repeat(26)}`,
  policy: `pol_${'0'.repeat(26)}`,
} as const
const inTenant = (tenant: string) => ({ tenant })
const claimWith = async (changes: object) => ['approvals', await claimOf(plane, acme, changes)] as const
const endOf = (session: string, tenant: string) =>
  [`sessions/${session}/end`, { tenant, reason: 'r' }] as const
const applied = (tenant: string) => ({ tenant, version: 1, outcome: 'applied', detail: '' })
/** Another agent of the same tenant, in a session. */
async function neighbour(): Promise<{ id: string; human: string; session: string }> {
  const agent = await enrolledAgent(plane, acme.slug, acme.key)
  return { ...agent, session: await sessionOf(plane, acme.slug, agent) }
}

const WALLS: readonly Wall[] = [
  ['the bundle of another tenant', 'GET', () => [`bundles/${beta.slug}`], () => [`bundles/${NOBODY.slug}`]],
  [
    'a part of the roster of another tenant',
    'GET',
    async () => {
      const sha256 = '1'.repeat(64)
      await plane.query(`insert into writ.roster_parts (tenant_id, sha256, part) values ($1, $2, '{}')`, [
        beta.tenant,
        sha256,
      ])
      return [`bundles/${beta.slug}/parts/${sha256}`]
    },
    () => [`bundles/${NOBODY.slug}/parts/${'1'.repeat(64)}`],
  ],
  [
    'a part of the roster of another tenant, as its own',
    'GET',
    () => [`bundles/${acme.slug}/parts/${'1'.repeat(64)}`],
    () => [`bundles/${acme.slug}/parts/${'0'.repeat(64)}`],
  ],
  [
    'the packages of another tenant',
    'GET',
    async () => {
      await beta.ask('PUT', 'tenant/packages', { ...PACKAGES, title: 'of beta alone' })
      return [`packages/${(await newestBundle(plane, beta.slug)).hooks.packages.intelligence}`]
    },
    () => [`packages/${'0'.repeat(64)}`],
  ],
  [
    'the content key of another tenant',
    'POST',
    () => ['content-keys', inTenant(beta.slug)],
    () => ['content-keys', inTenant(NOBODY.slug)],
  ],
  [
    'an acknowledgement in another tenant',
    'POST',
    () => ['acknowledgements', applied(beta.slug)],
    () => ['acknowledgements', applied(NOBODY.slug)],
  ],
  [
    'a claim in another tenant',
    'POST',
    async () => ['approvals', await claimOf(plane, beta)],
    () => claimWith({ tenant: NOBODY.slug }),
  ],
  [
    'a claim in its own tenant for a session of another',
    'POST',
    () => claimWith({ session: beta.session }),
    () => claimWith({ session: NOBODY.session }),
  ],
  [
    'a claim under a policy of another tenant',
    'POST',
    () => claimWith({ match: { policy: beta.policy, rule: 'r', reason: 'r' } }),
    () => claimWith({ match: { policy: NOBODY.policy, rule: 'r', reason: 'r' } }),
  ],
  [
    'a claim on a connection of another tenant',
    'POST',
    () => claimWith({ connection: beta.connection }),
    () => claimWith({ connection: NOBODY.connection }),
  ],
  [
    'a claim in the name of another agent of its tenant',
    'POST',
    async () => {
      const { id: agent, human, session } = await neighbour()
      return claimWith({ agent, human, session })
    },
    () => claimWith({ agent: NOBODY.agent }),
  ],
  [
    'the end of a session of another tenant',
    'POST',
    () => endOf(beta.session, beta.slug),
    () => endOf(beta.session, NOBODY.slug),
  ],
  [
    'the end of a session of another tenant, as if it were of its own',
    'POST',
    () => endOf(beta.session, acme.slug),
    () => endOf(NOBODY.session, acme.slug),
  ],
  [
    'the end of a session of another agent of its tenant',
    'POST',
    async () => endOf((await neighbour()).session, acme.slug),
    () => endOf(NOBODY.session, acme.slug),
  ],
  [
    'a catalogue of another tenant',
    'POST',
    () => ['catalogues', reportOf(beta)],
    () => ['catalogues', reportOf(beta, inTenant(NOBODY.slug))],
  ],
  [
    'a catalogue of a connection of another tenant',
    'POST',
    () => ['catalogues', reportOf(acme, { connection: beta.connection })],
    () => ['catalogues', reportOf(acme, { connection: NOBODY.connection })],
  ],
  [
    'a catalogue of a connection that its agent may not use',
    'POST',
    async () => {
      const url = 'http://127.0.0.1:9/mcp'
      const other = { name: `c-${Date.now()}`, url, credential: { kind: 'none' } }
      const { body } = await acme.ask('POST', 'connections', other)
      return ['catalogues', reportOf(acme, { connection: body.id })]
    },
    () => ['catalogues', reportOf(acme, { connection: NOBODY.connection })],
  ],
  [
    'records of a stream of another tenant',
    'POST',
    () => ['batches', batchOf(device, beta)],
    () => ['batches', batchOf(device, { ...beta, tenant: NOBODY.tenant })],
  ],
  [
    'a head of a stream of another tenant, beside one of its own',
    'POST',
    () => ['heads', { heads: [headOf(device, acme.tenant), headOf(device, beta.tenant)] }],
    () => ['heads', { heads: [headOf(device, acme.tenant), headOf(device, NOBODY.tenant)] }],
  ],
]

describe('a device', () => {
  it.each(WALLS)('asks for %s as for what is not there', async (_, method, theirs, nobodys) => {
    const asked = await theirs()
    const before = await rowsOfOthers()
    const send = async ([path, body]: Awaited<Asked>): Promise<Answer> =>
      device.ask(method, `${device.at}/${path}`, body)
    const foreign = await send(asked)
    const unknown = await send(await nobodys())
    expect([foreign.status, foreign.text]).toEqual([404, unknown.text])
    expect(unknown.status).toBe(404)
    expect(await rowsOfOthers()).toEqual(before)
  })

  it('is nobody on the wire of another tenant, by every route, as on that of none', async () => {
    for (const [name, request] of Object.entries(await visitsOf(plane, device, beta))) {
      const foreign = await visit(device, request, `/t/${beta.slug}/device/v1`)
      const unknown = await visit(device, request, '/t/nobody-here/device/v1')
      expect([name, foreign.status, foreign.text]).toEqual([name, 401, unknown.text])
      expect(unknown.status).toBe(401)
    }
  })

  const strange = {
    'another agent': async () => ({ agent: { id: AgentId.parse((await neighbour()).id), name: 'x' } }),
    'a gateway': () => ({ channel: 'gateway' as const }),
    'the platform, of a finding': () => ({
      finding: {
        kind: 'effect_without_decision' as const,
        severity: 'high' as const,
        decisions: [`dec_${'1'.repeat(26)}` as const],
        text: 'x',
      },
    }),
    'the platform, of a call that nobody ended': () => ({ outcome: 'unknown' as const }),
    'an administrator': () => ({
      kind: 'administered' as const,
      administration: {
        permission: 'policies.write',
        route: 'DELETE /api/v1/policies/{id}',
        by: { kind: 'human' as const, id: acme.agent.human, name: 'Ada' },
        target: null,
        before: null,
        after: null,
      },
    }),
  }
  it.each(Object.entries(strange))('records nothing as %s', async (_, changes) => {
    expect((await post('batches', batchOf(device, acme, await changes()))).status).toBe(400)
  })

  it('records a gap under the channel that former releases gave it', async () => {
    const gap = { cause: 'shed', state: 'begun', records: 0, since: '2026-11-20T10:00:00.000Z' } as const
    const said = { kind: 'gap', channel: 'gateway', agent: null, outcome: 'failed', gap } as const
    expect((await post('batches', batchOf(device, acme, said))).status).toBe(202)
  })

  it('records nothing in the stream of another device', async () => {
    const other = await joinedDevice(plane, acme.slug, acme.agent)
    expect((await post('batches', batchOf(other, acme))).status).toBe(400)
    expect((await post('heads', { heads: [headOf(other, acme.tenant)] })).status).toBe(400)
  })
})

/** What no device of acme changes. */
const rowsOfOthers = (): Promise<object[]> =>
  plane.query(
    `select (select count(*)::int from writ.approvals where tenant_id = $1) as approvals,
       (select count(*)::int from writ.sessions where tenant_id = $1 and ended_at is null) as sessions,
       (select count(*)::int from writ.tool_definitions where tenant_id = $1) as definitions,
       (select count(*)::int from writ.bundle_acknowledgements where tenant_id = $1) as acknowledgements,
       (select count(*)::int from writ.streams where tenant_id = $1 and node_id = $2) as streams`,
    [beta.tenant, device.id],
  )
