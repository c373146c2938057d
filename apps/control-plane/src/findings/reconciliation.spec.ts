import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { isFault, openBatch, verifyEvidence } from '@writ/audit'
import type { RecordFields } from '@writ/audit'
import { Evidence } from '@writ/contracts'
import type { AuditRecord, FindingView, NodeId, RecordView, SessionId, StreamBatch } from '@writ/contracts'
import { createTenantScope, ingestBatch, openDatabase, PlatformQueries, recordHead } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import { createRecordWorker } from '@writ/redis'
import type { RecordWorker } from '@writ/redis'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { egress, gatewayCall, hook, mcpHook, nextId, recordOf } from './history.suite.ts'
import type { Written } from './history.suite.ts'
import { GRACE_MS, Reconciliation } from './reconciliation.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let ledger: Database
let worker: RecordWorker
let laterMs = 0
let acme: World
let session: SessionId
let device: NodeId
let gateway: NodeId

beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => Date.now() + laterMs } })
  ledger = await openDatabase(plane.workerUrl, { poolSize: 4, applicationName: 'reconciliation spec' })
  worker = createRecordWorker({ kind: 'postgres', url: plane.workerUrl }, keep, () => {})
})
afterAll(async () => {
  await worker?.close()
  await ledger?.close()
  await plane?.close()
})
beforeEach(async () => {
  laterMs = 0
  acme = await givenWorld(plane)
  session = nextId('ses')
  ;[device, gateway] = [await joined('device'), await joined('gateway')]
})

const nodes = new Map<NodeId, ReturnType<typeof createTestNode>>()
/** A node that goes on to be heard of. */
async function joined(kind: 'device' | 'gateway'): Promise<NodeId> {
  const node = createTestNode()
  nodes.set(node.id, node)
  await plane.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build, kind, last_seen_at)
       values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test', $3, '2100-01-01')`,
    [node.id, node.publicKey, kind],
  )
  return node.id
}

/** As the audit worker does it. */
async function keep(batch: StreamBatch): Promise<void> {
  const publicKey = await new PlatformQueries(ledger).nodeKeyOf(batch.node)
  const records = openBatch(batch, publicKey ?? '')
  if (isFault(records)) throw new Error(records.message)
  await ingestBatch(createTenantScope(ledger), { batch, records })
}

const fieldsOf = (written: Written, node: NodeId): RecordFields => {
  const { v: _v, stream: _s, seq: _q, prev: _p, ...fields } = recordOf(written, session, node)
  return { ...fields, tenant: acme.tenant }
}

/** What one node wrote arrives; the last `lost` records only in a signed head. */
async function arriveFrom(node: NodeId, written: readonly Written[], lost = 0): Promise<void> {
  const signer = nodes.get(node)
  if (!signer || written.length === 0) return
  const all = createTestStream(signer, acme.tenant, written.length, (seq) => fieldsOf(written[seq]!, node))
  const scope = createTenantScope(ledger)
  if (written.length > lost) await ingestBatch(scope, all.opened(0, written.length - lost))
  const app = await openDatabase(plane.appUrl, { poolSize: 1, applicationName: 'head' })
  const at = written.at(-1)?.fields.at
  await createTenantScope(app).run(acme.tenant, (manager) =>
    recordHead(manager, node, all.head(written.length, at)),
  )
  await app.close()
}

/** Each record comes from where it was written. */
async function arrive(...written: Written[]): Promise<void> {
  await arriveFrom(
    device,
    written.filter(({ by }) => by !== 'gateway'),
  )
  await arriveFrom(
    gateway,
    written.filter(({ by }) => by === 'gateway'),
  )
}

async function reconcile(): Promise<void> {
  laterMs = GRACE_MS + 1000
  while (await plane.app.get(Reconciliation).reconcilePending()) laterMs += 1
}
const findings = async (query = '', world = acme): Promise<FindingView[]> =>
  (await world.ask('GET', `findings${query}`)).body.items
const kinds = async () => (await findings()).map(({ kind }) => kind)
const sealed = async (): Promise<AuditRecord[]> =>
  (await acme.ask('GET', 'records?kind=found&limit=500')).body.items.map(({ record }: RecordView) => record)
async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((wait) => setTimeout(wait, 100))
}

/** Everything that an agent does, with nothing left out. */
const complete = (): Written[] => [
  hook(0, 'hook/shell', { toolUse: 'use "1"\\', hosts: ['docs.example'] }),
  egress(500, 'docs.example'),
  hook(900, 'hook/shell', { toolUse: 'use "1"\\', moment: 'after' }),
  mcpHook(20_000, 'look', { toolUse: 'use 2' }),
  gatewayCall(20_080, 'look', 'a'),
  hook(20_200, 'hook/mcp.call', { toolUse: 'use 2', moment: 'after' }),
]
const nth = (at: number): Written[] => complete().slice(at, at + 1)
const without = (at: number): Written[] => complete().filter((_, index) => index !== at)

describe('the records of a session', () => {
  it('that fit together have no findings', async () => {
    await arrive(...complete())
    await reconcile()
    expect(await findings()).toEqual([])
  })

  it.each<[string, number, string[]]>([
    ['the hook before an effect', 0, ['effect_without_decision', 'egress_without_hook']],
    ['the hook before a call', 3, ['effect_without_decision', 'gateway_without_hook']],
    ['the call at the gateway', 4, ['hook_without_gateway']],
  ])('show that %s is missing', async (_, at, expected) => {
    await arrive(...without(at))
    await reconcile()
    expect((await kinds()).toSorted()).toEqual(expected)
  })

  it('become a record of the tenant that verifies, and a finding of the same id', async () => {
    await arrive(...without(4))
    await reconcile()
    await eventually(async () => (await sealed()).length === 1)
    const [record] = await sealed()
    const [finding] = await findings()
    expect(record).toMatchObject({
      kind: 'found',
      session,
      agent: { name: 'coder' },
      administration: null,
      finding: { kind: 'hook_without_gateway', severity: 'high' },
    })
    expect(finding).toMatchObject({
      id: record?.decisionId,
      session,
      agent: { name: 'coder' },
      severity: 'high',
    })
    expect((await acme.ask('GET', `records?session=${session}&kind=found`)).body.items).toHaveLength(1)
    const evidence = Evidence.parse((await acme.ask('GET', 'records/evidence')).body)
    expect(verifyEvidence(evidence).faults.filter(({ check }) => check !== 'completeness')).toEqual([])
  })

  it('are found once, whoever looks and however often', async () => {
    await arrive(...without(4))
    laterMs = GRACE_MS + 1000
    const look = () => plane.app.get(Reconciliation).reconcilePending()
    await Promise.all([look(), look(), look()])
    await plane.query('update writ.reconciliations set next_leaf = 0 where tenant_id = $1', [acme.tenant])
    await reconcile()
    await eventually(async () => (await sealed()).length > 0)
    expect([await findings(), await sealed()].map(({ length }) => length)).toEqual([1, 1])
  })

  it('are found with the place that was reached, or not at all', async () => {
    await arrive(...without(4))
    await plane.query(
      `alter table writ.administration_events add constraint closed check (tenant_id <> '${acme.tenant}' or finding is null) not valid`,
    )
    await expect(reconcile()).rejects.toThrow()
    expect(await findings()).toEqual([])
    await plane.query('alter table writ.administration_events drop constraint closed')
    await reconcile()
    expect(await kinds()).toEqual(['hook_without_gateway'])
  })

  it('are not judged before all of them had time to arrive, in whatever order they come', async () => {
    await arrive(...without(4))
    laterMs = GRACE_MS - 30_000
    await plane.app.get(Reconciliation).reconcilePending()
    expect(await findings()).toEqual([])
    laterMs = 0
    await arrive(...nth(4))
    await reconcile()
    expect(await findings()).toEqual([])
  })

  it('are judged across what is looked at at once', async () => {
    const many = Array.from({ length: 600 }, (_, n) => hook(30_000 + n * 10, 'hook/file.read'))
    const [first, ...rest] = complete()
    await arrive(...(first ? [first] : []), ...many, ...rest, egress(36_500, 'late.example'))
    await reconcile()
    expect(await kinds()).toEqual(['egress_without_hook'])
  })

  it('remember a decision of hours ago', async () => {
    const use = { toolUse: 'a "long" \\ build\0é' }
    const hours = 5 * 3_600_000
    await arrive(hook(0, 'hook/shell', use), hook(hours, 'hook/shell', { ...use, moment: 'after' }))
    await reconcile()
    expect(await findings()).toEqual([])
  })

  it('whose names Postgres cannot keep are found like others, and stop nothing', async () => {
    const odd = { toolUse: 'use\0"\\\ud800', conversation: '\0' }
    await arrive(
      hook(0, 'hook/shell', { hosts: ['good.example'] }),
      hook(100, 'hook/shell', { ...odd, moment: 'after' }),
      egress(200, 'ev\0il.example'),
      gatewayCall(300, 'lo\0ok', 'a'),
    )
    await reconcile()
    await eventually(async () => (await sealed()).length === 3)
    expect((await kinds()).toSorted()).toEqual([
      'effect_without_decision',
      'egress_without_hook',
      'gateway_without_hook',
    ])
  })

  it('of another session cover nothing', async () => {
    await arrive(...without(3))
    session = nextId('ses')
    await arrive(...nth(3))
    await reconcile()
    expect((await kinds()).toSorted()).toEqual([
      'effect_without_decision',
      'gateway_without_hook',
      'hook_without_gateway',
    ])
  })
})

describe('nothing is said', () => {
  it('of calls where a gateway has records that never came', async () => {
    await arriveFrom(device, without(4))
    await arriveFrom(gateway, [gatewayCall(1000, 'other', 'b', 'elsewhere'), ...nth(4)], 1)
    await reconcile()
    expect(await kinds()).not.toContain('hook_without_gateway')
  })

  it('of hooks where the device has records that never came', async () => {
    await arriveFrom(device, [...without(3).filter(({ by }) => by !== 'gateway'), ...nth(3)], 1)
    await arriveFrom(gateway, nth(4))
    await reconcile()
    expect(await kinds()).not.toContain('gateway_without_hook')
  })

  it('of hooks of a device that was not heard of since', async () => {
    await plane.query(`update writ.nodes set last_seen_at = '2026-11-21T11:00:00Z' where id = $1`, [device])
    await arrive(...without(3))
    await reconcile()
    expect(await findings()).toEqual([])
  })

  it('of calls where a gateway was not heard of since, and said of those long after', async () => {
    await plane.query(`update writ.nodes set last_seen_at = '2026-11-21T12:00:00Z' where id = $1`, [gateway])
    await arriveFrom(gateway, [gatewayCall(0, 'other', 'b', 'elsewhere')])
    await arriveFrom(device, [mcpHook(20_000, 'look'), mcpHook(3_600_000, 'look')])
    await reconcile()
    expect(await findings('?kind=hook_without_gateway')).toHaveLength(1)
  })
})

describe('the list of findings', () => {
  it('is narrowed by kind, severity and session, and comes in pages', async () => {
    await arrive(...without(3))
    await reconcile()
    const [first, second] = await findings()
    expect(await findings('?kind=gateway_without_hook')).toHaveLength(1)
    expect(await findings('?severity=low')).toEqual([])
    expect(await findings(`?session=${session}`)).toHaveLength(2)
    expect(await findings(`?session=${nextId('ses')}`)).toEqual([])
    const page = (await acme.ask('GET', 'findings?limit=1')).body
    expect([page.items[0].id, page.next]).toEqual([first?.id, first?.id])
    expect((await findings(`?after=${page.next}`))[0]?.id).toBe(second?.id)
  })

  it('is of one tenant, for those who may see findings', async () => {
    await arrive(...without(3))
    const other = await givenWorld(plane)
    await reconcile()
    expect([(await findings()).length, await findings('', other)]).toEqual([2, []])
    for (const [role, status] of [
      ['auditor', 200],
      ['security', 200],
      ['developer', 403],
      ['approver', 403],
    ]) {
      const { key } = (await acme.ask('POST', 'api-keys', { name: 'x', role })).body
      expect([role, (await plane.ask('GET', '/api/v1/findings', { key })).status]).toEqual([role, status])
    }
  })
})
