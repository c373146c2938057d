import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { signHead } from '@writ/audit'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import { streamIdOf } from '@writ/contracts'
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
function recordOf({ tenant }: World, tool: string): string {
  const actionClass = tool.startsWith('delete') ? 'destructive' : 'read.private'
  const { records } = createTestStream(createTestNode(), tenant, 1, () => ({
    agent: { id: newId('agt', Date.now()), name: 'researcher' },
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
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [world.tenant])
  for (const [at, bytes] of records.entries())
    await owner.query(
      `insert into writ.records (tenant_id, leaf_index, stream_id, seq, bytes, decision_id, kind, outcome, occurred_at)
       values ($1, $2, $3, $2, $4, 'dec', 'closed', 'allow', now())`,
      [world.tenant, at, stream, Buffer.from(bytes)],
    )
  await owner.end()
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
})
