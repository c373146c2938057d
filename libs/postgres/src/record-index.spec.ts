import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { describeIndex, describeLedger } from '@writ/audit/suites'
import type { StoredLeaf } from '@writ/audit'
import { TenantId } from '@writ/contracts'
import type { RecordFilter } from '@writ/contracts'
import { openDatabase } from './data-source.ts'
import type { Database } from './data-source.ts'
import { ingestBatch } from './ledger.ts'
import { BLOCK_LEAVES } from './record-blocks.ts'
import { countRecords, timesOfRecords } from './record-counts.ts'
import { createAuditIndex, createAuditLedger } from './record-index.ts'
import { leavesAt, newestLeaves, startWalk } from './record-search.ts'
import { createTenantScope } from './tenant-scope.ts'
import {
  createTestDatabase,
  createTestNode,
  createTestStream,
  insertTestNode,
  insertTestTenant,
  testId,
} from './testing.ts'
import type { TestDatabase, TestNode } from './testing.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let opened: Database[]
let node: TestNode

beforeAll(async () => {
  database = await createTestDatabase()
  const settings = { poolSize: 4, applicationName: 'record index spec' }
  opened = await Promise.all([
    openDatabase(database.appUrl, settings),
    openDatabase(database.workerUrl, settings),
    openDatabase(database.workerUrl, settings),
  ])
  node = createTestNode()
  await insertTestNode(database, node)
})
afterAll(async () => {
  for (const one of opened ?? []) await one.close()
  await database?.drop()
})

const scopeAt = (at: number) => {
  const found = opened[at]
  if (!found) throw new Error('the database is not open')
  return createTenantScope(found)
}
let tenants = 0
const newTenant = () => insertTestTenant(scopeAt(0), `index-${(tenants += 1)}`)

describeLedger('in Postgres', () => ({
  ledger: createAuditLedger(scopeAt(1)),
  other: createAuditLedger(scopeAt(2)),
  newTenant,
  noTenant: () => TenantId.parse(testId('ten')),
  newStream: (tenant, length, fields) => createTestStream(node, tenant, length, fields),
}))

type Fields = Parameters<typeof createTestStream>[3]

async function feed(tenant: TenantId, count: number, fields: Fields): Promise<readonly StoredLeaf[]> {
  const stream = createTestStream(node, tenant, count, fields)
  const scope = scopeAt(1)
  for (let seq = 0; seq < count; seq += 200)
    await ingestBatch(scope, stream.opened(seq, Math.min(count, seq + 200)))
  const leaves: StoredLeaf[] = []
  for await (const leaf of createAuditLedger(scope).leaves(tenant, { from: 0, to: count })) leaves.push(leaf)
  return leaves
}

describeIndex(
  'in Postgres',
  () => ({ index: createAuditIndex(scopeAt(0)), newTenant, feed }),
  // two blocks that are summed up, and one that is not
  2 * BLOCK_LEAVES + 100,
)

const found = async (tenant: TenantId, filter: RecordFilter) =>
  (await createAuditIndex(scopeAt(0)).page(tenant, { filter, order: 'newest', limit: 500 })).leaves.map(
    ({ leafIndex }) => leafIndex,
  )

describe('blocks of the log', () => {
  it('with a record that nobody could read are looked into all the same', async () => {
    const tenant = await newTenant()
    const stream = createTestStream(node, tenant, BLOCK_LEAVES + 10, (seq) => ({
      action: {
        method: 'tools/call',
        tool: seq === 700 ? 'rare' : 'usual',
        class: 'exec',
        classSource: 'admin',
        resource: 'r',
      },
    }))
    for (let seq = 0; seq < BLOCK_LEAVES + 10; seq += 94) {
      const { batch, records } = stream.opened(seq, Math.min(seq + 94, BLOCK_LEAVES + 10))
      await ingestBatch(scopeAt(1), {
        batch,
        records: records.map((record) => (record?.seq === 500 ? null : record)),
      })
    }
    expect(await found(tenant, { tool: 'rare' })).toEqual([700])
    expect(await found(tenant, { kind: 'unreadable' })).toEqual([500])
    expect(await found(tenant, { tool: 'usual', kind: 'unreadable' })).toEqual([])
    await scopeAt(0).run(tenant, async (manager) => {
      const [from, until] = ['2000-01-01T00:00:00.000Z', '2100-01-01T00:00:00.000Z']
      for (const [filter, records] of [
        [{ tool: 'rare' }, 1],
        [{ tool: 'usual', outcome: 'allow' }, BLOCK_LEAVES + 8],
        [{ kind: 'unreadable' }, 1],
        [{}, BLOCK_LEAVES + 10],
      ] as const) {
        const counts = await countRecords(manager, { filter, field: 'outcome', most: 9 })
        expect([filter, counts.of]).toEqual([filter, records])
        const { steps } = await timesOfRecords(manager, { ...filter, from, until, steps: 1 })
        const times = steps.flatMap(({ outcomes }) => Object.values(outcomes))
        expect([filter, times.reduce((sum, one) => sum + one, 0)]).toEqual([filter, records])
      }
    })
  })

  it('are passed over where they are of another time, also by who asks for places alone', async () => {
    const tenant = await newTenant()
    const count = BLOCK_LEAVES + 10
    await feed(tenant, count, () => ({ at: '2026-01-05T00:00:00.000Z' }))
    await scopeAt(0).run(tenant, async (manager) => {
      const asked = jest.spyOn(manager, 'query')
      const before = { from: '2026-01-01T00:00:00.000Z', until: '2026-01-04T00:00:00.000Z' }
      const none = await newestLeaves(manager, before, { most: 3, lookMs: 1000 })
      const looked = asked.mock.calls.flatMap(([sql, values]) => (sql.includes('unnest') ? values : []))
      asked.mockRestore()
      // The block that is not summed up yet.
      expect([none, looked[0]]).toEqual([{ leaves: [], isCut: false }, [1]])
      const within = { from: before.from, until: '2026-01-06T00:00:00.000Z' }
      expect(await newestLeaves(manager, within, { most: 12, lookMs: 1000 })).toEqual({
        leaves: Array.from({ length: 12 }, (_, at) => count - 1 - at),
        isCut: true,
      })
      const all = await newestLeaves(manager, within, { most: count, lookMs: 60_000 })
      expect([all.leaves.length, all.leaves.at(-1), all.isCut]).toEqual([count, 0, false])
    })
  })

  it.each(['newest', 'oldest'] as const)(
    'are looked at in their order only until a page is full: %s first',
    (order) =>
      newTenant().then((tenant) =>
        scopeAt(0).run(tenant, async (manager) => {
          const asked = jest.spyOn(manager, 'query')
          await (
            await startWalk(manager, { tool: 'usual' }, { order, after: order === 'newest' ? 5000 : 0 })
          ).next()
          const [sql, values] = asked.mock.calls.find(([text]) => text.includes('order by')) ?? []
          asked.mockRestore()
          // A sort looks at every block of the log first. Postgres takes none here where an index has the order.
          await manager.query('set local enable_sort = off; set local enable_seqscan = off')
          const plan: Record<string, string>[] = await manager.query(`explain ${sql}`, values)
          expect(JSON.stringify(plan)).toContain('record_blocks_pkey')
          expect(JSON.stringify(plan)).not.toContain('Sort')
        }),
      ),
  )

  it('are written by nobody but the ledger, and changed by nobody', async () => {
    const tenant = await newTenant()
    const add = (at: number) =>
      scopeAt(at).run(tenant, (manager) =>
        manager.query(
          `insert into writ.record_blocks (tenant_id, block, first_at, last_at, first_ingested, last_ingested) values (app.tid(), 0, now(), now(), now(), now())`,
        ),
      )
    await expect(add(0)).rejects.toMatchObject({ code: '42501' })
    for (const change of ['update writ.record_blocks set terms = null', 'delete from writ.record_blocks'])
      await expect(database.query(change)).rejects.toMatchObject({ code: '42501' })
  })
})

describe('what a filter says', () => {
  it('is never part of a statement', async () => {
    const tenant = await newTenant()
    await feed(tenant, 3, () => ({}))
    const hostile = `x'); delete from writ.streams; --`
    const filter: RecordFilter = { tool: hostile, resource: '%', rule: '$1', host: hostile }
    expect(
      (await createAuditIndex(scopeAt(0)).page(tenant, { filter, order: 'oldest', limit: 5 })).leaves,
    ).toEqual([])
    expect(
      (
        await createAuditIndex(scopeAt(0)).page(tenant, {
          filter: { resource: 'search' },
          order: 'oldest',
          limit: 5,
        })
      ).leaves,
    ).toHaveLength(3)
  })
})

describe('a record whose bytes were changed behind the back of the ledger', () => {
  it('is found by what was kept beside it when it came, and by nothing else', async () => {
    const tenant = await newTenant()
    await feed(tenant, 4, (seq) => ({ outcome: seq % 2 === 0 ? 'allow' : 'deny', refusal: `of-${seq}` }))
    await database.query(
      `alter table writ.records disable trigger user;
       update writ.records set bytes = set_byte(bytes, 0, 88) where tenant_id = '${tenant}' and leaf_index = 1;
       alter table writ.records enable trigger user`,
    )
    expect(await found(tenant, { outcome: 'deny' })).toEqual([3, 1])
    expect(await found(tenant, { outcome: 'allow' })).toEqual([2, 0])
    expect(await found(tenant, { kind: 'unreadable' })).toEqual([])
    await scopeAt(0).run(tenant, async (manager) => {
      const leaves = async (filter: RecordFilter) =>
        (await leavesAt(manager, [0, 1, 2, 3], filter)).map(({ leafIndex }) => leafIndex)
      expect(await leaves({ outcome: 'deny' })).toEqual([1, 3])
      expect(await leaves({ outcome: 'allow' })).toEqual([0, 2])
      expect(await leaves({ from: '2099-01-01T00:00:00Z' })).toEqual([])
      expect(await leaves({})).toEqual([0, 1, 2, 3])
      expect(await countRecords(manager, { filter: {}, field: 'outcome', most: 9 })).toMatchObject({
        of: 4,
        values: [{ records: 2 }, { records: 2 }],
      })
      await expect(countRecords(manager, { filter: {}, field: 'refusal', most: 9 })).rejects.toMatchObject({
        name: 'DamagedRecord',
        leafIndex: 1,
      })
    })
  })
})

const moment = (seq: number) => Date.UTC(2026, 2, 1) + seq * 1000

describe('records over time', () => {
  it('are the same whether blocks are known by their sums or looked into', async () => {
    const tenant = await newTenant()
    const count = 2 * BLOCK_LEAVES + 50
    await feed(tenant, count, (seq) => ({
      at: new Date(moment(seq)).toISOString(),
      outcome: seq % 7 === 0 ? 'deny' : 'allow',
    }))
    for (const steps of [1, 2, 3, 40]) {
      const [from, until] = [new Date(moment(100)).toISOString(), new Date(moment(count + 300)).toISOString()]
      const times = await scopeAt(0).run(tenant, (manager) => timesOfRecords(manager, { from, until, steps }))
      const expected = Array.from({ length: steps }, () => ({ allow: 0, deny: 0 }))
      for (let seq = 100; seq < count; seq += 1) {
        const step = expected[Math.floor((moment(seq) - moment(100)) / (times.stepSeconds * 1000))]
        if (step) step[seq % 7 === 0 ? 'deny' : 'allow'] += 1
      }
      const none = { allow: 0, deny: 0 }
      expect(times.steps.map(({ outcomes }) => ({ ...none, ...outcomes }))).toEqual(expected)
    }
  })

  it('are counted by step and outcome', async () => {
    const tenant = await newTenant()
    await feed(tenant, 100, (seq) => ({
      at: new Date(Date.UTC(2026, 2, 1) + seq * 1000).toISOString(),
      outcome: seq % 10 === 0 ? 'deny' : 'allow',
    }))
    const times = await scopeAt(0).run(tenant, (manager) =>
      timesOfRecords(manager, {
        from: '2026-03-01T00:00:10.000Z',
        until: '2026-03-01T00:01:00.000Z',
        steps: 5,
      }),
    )
    expect(times).toEqual({
      stepSeconds: 10,
      cut: null,
      steps: [10, 20, 30, 40, 50].map((second) => ({
        from: `2026-03-01T00:00:${second}.000Z`,
        outcomes: { allow: 9, deny: 1 },
      })),
    })
  })
})
