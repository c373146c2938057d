import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { signHead } from '@writ/audit'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import { AgentId, streamIdOf } from '@writ/contracts'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(30_000)

let plane: ControlPlane
let world: World

beforeAll(async () => {
  plane = await givenControlPlane()
  world = await givenWorld(plane)
  await keep(recordOf(world, 'delete_contact'), recordOf(world, 'get_contact'), '{"v":"nothing"}', 'no JSON')
})
afterAll(() => plane?.close())

/** When the first record was written; the others follow each a second later. */
const BEGUN_MS = Date.parse('2026-03-01T12:00:00Z')

const PASSED = {
  outcome: 'allow' as const,
  matches: [],
  signals: [],
  modified: false,
  byDefault: false,
  labels: [],
  hidden: [],
  approval: null,
}

/** The bytes of a record of a call that passed, as a gateway would have written them. */
function recordOf({ tenant, agent }: World, tool: string): string {
  const actionClass = tool.startsWith('delete') ? 'destructive' : 'read.private'
  const { records } = createTestStream(createTestNode(), tenant, 1, () => ({
    agent: { id: AgentId.parse(agent.id), name: 'researcher' },
    human: { id: newId('hum', Date.now()), name: 'Ada' },
    action: {
      method: 'tools/call',
      tool,
      class: actionClass,
      classSource: 'inferred',
      resource: `crm/${tool}`,
    },
    outbound: { ...PASSED },
  })).batch(0, 1)
  return records[0] ?? ''
}

async function keep(...records: string[]): Promise<void> {
  const node = await joinedNode(plane)
  const stream = streamIdOf(node.id, newId('boo', Date.now()), world.tenant)
  const head = { stream, nextSeq: 1, headHash: 'a'.repeat(64), at: new Date().toISOString() }
  await node.ask('POST', '/internal/v1/heads', { heads: [signHead(head, node.key)] })
  await asOwner(async (owner) => {
    for (const [at, bytes] of records.entries())
      await owner.query(
        `insert into writ.records (tenant_id, leaf_index, stream_no, seq, bytes, decision_id, kind, outcome, occurred_at)
         values ($1, $2, (select no from writ.streams where id = $3), $2, $4, 'dec', 'closed', 'allow', $5)`,
        [world.tenant, at, stream, Buffer.from(bytes), new Date(BEGUN_MS + at * 1000)],
      )
    await owner.query(
      'insert into writ.tenant_logs (tenant_id, size) values ($1, $2) on conflict (tenant_id) do update set size = $2',
      [world.tenant, records.length],
    )
  })
}

async function asOwner(work: (owner: Client) => Promise<unknown>): Promise<void> {
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [world.tenant])
  try {
    await work(owner)
  } finally {
    await owner.end()
  }
}

const draft = (value: string) => ({
  writ: 1,
  rules: [
    {
      id: 'no',
      effect: 'deny',
      on: ['outbound'],
      when: { path: 'action.class', op: 'eq', value },
      reason: 'no',
    },
  ],
})

const reach = async (more: object) => {
  const { body } = await world.ask('POST', 'policies/replay', { document: draft('destructive'), ...more })
  const { decisions, unreadable, isCut } = body
  return { decisions, unreadable, isCut }
}

describe('a draft against what was recorded', () => {
  it('says who would lose what, and how much of it can no longer be read', async () => {
    const { status, body } = await world.ask('POST', 'policies/replay', { document: draft('destructive') })
    expect([status, body]).toMatchObject([
      200,
      {
        decisions: 2,
        unchanged: 1,
        loses: 1,
        gains: 0,
        cannotTell: 0,
        unreadable: 2,
        byAgent: [{ name: 'researcher', loses: 1 }],
        byTool: [{ name: 'demo/delete_contact', loses: 1 }],
        byHuman: [{ name: 'Ada', loses: 1 }],
        changes: [{ kind: 'loses', before: 'allow', after: ['deny'], rules: ['no'] }],
      },
    ])
  })

  it('says that nothing would change when nothing would', async () => {
    const { body } = await world.ask('POST', 'policies/replay', { document: draft('money') })
    expect(body).toMatchObject({ decisions: 2, unchanged: 2, loses: 0, changes: [] })
  })

  it('looks at a window, newest first, and says when there is more in it', async () => {
    expect(await reach({ until: '2026-03-01T12:00:02Z' })).toEqual({
      decisions: 2,
      unreadable: 0,
      isCut: false,
    })
    expect(await reach({ until: '2026-03-01T12:00:02Z', records: 1 })).toEqual({
      decisions: 1,
      unreadable: 0,
      isCut: true,
    })
    expect(await reach({ from: '2026-03-01T12:00:01Z', until: '2026-03-01T14:00:03+02:00' })).toEqual({
      decisions: 1,
      unreadable: 1,
      isCut: false,
    })
    expect(await reach({ from: '2027-01-01T00:00:00Z' })).toEqual({
      decisions: 0,
      unreadable: 0,
      isCut: false,
    })
  })

  it.each([
    [{ records: 5001 }, 'records', 'a replay takes 1 to 5000 records'],
    [{ from: 'yesterday' }, 'from', 'Invalid'],
    [{ from: '2026-03-01T12:00:00Z', until: '2026-03-01T12:00:00Z' }, 'until', '`from` is before `until`'],
  ])('refuses %j, and says where and why', async (more, path, message) => {
    const { status, body } = await world.ask('POST', 'policies/replay', {
      document: draft('destructive'),
      ...more,
    })
    expect([status, body.errors]).toEqual([
      400,
      [expect.objectContaining({ path, message: expect.stringContaining(message) })],
    ])
  })

  it('lets an override act as it did at the time, and not since it was removed', async () => {
    const { body: policy } = await world.ask('POST', 'policies', {
      name: 'no deletes',
      document: draft('destructive'),
      groups: [world.defaultGroup],
    })
    const now = Date.now()
    const { body: override, status } = await world.ask('POST', 'overrides', {
      policy: policy.id,
      rule: 'no',
      principal: world.agent.id,
      resource: '*',
      until: new Date(now + 3_600_000).toISOString(),
      reason: 'a migration',
    })
    expect(status).toBe(201)
    const asking = async () => {
      const { body } = await world.ask('POST', 'policies/replay', {
        document: draft('destructive'),
        policy: policy.id,
      })
      return body.loses
    }
    expect(await asking()).toBe(1)
    await asOwner((owner) =>
      owner.query("update writ.overrides set created_at = '2026-01-01' where id = $1", [override.id]),
    )
    expect(await asking()).toBe(0)
    await world.ask('DELETE', `overrides/${override.id}`)
    expect(await asking()).toBe(0)
    await asOwner((owner) =>
      owner.query("update writ.overrides set removed_at = '2026-01-02' where id = $1", [override.id]),
    )
    expect(await asking()).toBe(1)
  })
})
