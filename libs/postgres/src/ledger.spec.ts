import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { verifyEvidence } from '@writ/audit'
import { RecordQuery, TenantId } from '@writ/contracts'
import type { Evidence, StreamHead } from '@writ/contracts'
import * as fc from 'fast-check'
import { Client } from 'pg'
import { openDatabase } from './data-source.ts'
import type { Database } from './data-source.ts'
import { readEvidence } from './evidence.ts'
import { pendingRecords, recordHead } from './heads.ts'
import { ingestBatch, nextSeqOf } from './ledger.ts'
import { PlatformQueries } from './platform-queries.ts'
import { quarantine, quarantineRecord } from './quarantine.ts'
import { queryRecords } from './records.ts'
import { createTenantScope } from './tenant-scope.ts'
import type { TenantScope } from './tenant-scope.ts'
import {
  createTestDatabase,
  createTestNode,
  createTestStream,
  insertTestNode,
  insertTestTenant,
  testId,
} from './testing.ts'
import type { TestDatabase, TestNode, TestStream } from './testing.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let owner: Client
let app: Database
let worker: Database
let appScope: TenantScope
let ledger: TenantScope
let node: TestNode

beforeAll(async () => {
  database = await createTestDatabase()
  owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
  app = await openDatabase(database.appUrl, { poolSize: 2, applicationName: 'ledger spec' })
  worker = await openDatabase(database.workerUrl, { poolSize: 6, applicationName: 'ledger spec' })
  appScope = createTenantScope(app)
  ledger = createTenantScope(worker)
  node = createTestNode()
  await insertTestNode(database, node)
})

afterAll(async () => {
  await Promise.all([app.close(), worker.close(), owner.end()])
  await database.drop()
})

/** The number of the stream whose id is the first parameter. */
const NO = '(select no from writ.streams where id = $1)'

let tenants = 0
const newTenant = (): Promise<TenantId> => insertTestTenant(appScope, `tenant-${(tenants += 1)}`)

const evidenceOf = (tenantId: TenantId): Promise<Evidence> =>
  appScope.run(tenantId, (manager) => readEvidence(manager, { tenantId, exportedAt: new Date() }))

const ingest = (stream: TestStream, fromSeq: number, toSeq: number) =>
  ingestBatch(ledger, stream.opened(fromSeq, toSeq))

/** As retention does once a checkpoint covers them. */
async function remove({ id, tenant }: TestStream, seqs: readonly number[]): Promise<void> {
  await owner.query('set session_replication_role = replica')
  await owner.query("select set_config('app.tenant_id', $1, false)", [tenant])
  await owner.query(`delete from writ.records where stream_no = ${NO} and seq = any($2)`, [id, seqs])
  await owner.query('set session_replication_role = default')
}

describe('a batch', () => {
  it('is appended to the log of its tenant', async () => {
    const tenant = await newTenant()
    const [one, other] = [createTestStream(node, tenant, 5), createTestStream(node, tenant, 3)]
    expect(await ingest(one, 0, 2)).toEqual({ outcome: 'ingested', nextSeq: 2, ingested: 2 })
    expect(await ingest(other, 0, 3)).toEqual({ outcome: 'ingested', nextSeq: 3, ingested: 3 })
    expect(await ingest(one, 2, 5)).toEqual({ outcome: 'ingested', nextSeq: 5, ingested: 3 })
    await Promise.all([report(one, 5), report(other, 3)])
    const evidence = await evidenceOf(tenant)
    expect(evidence.logSize).toBe(8)
    expect(evidence.records.map(({ leafIndex, stream, seq }) => [leafIndex, stream, seq])).toEqual([
      [0, one.id, 0],
      [1, one.id, 1],
      [2, other.id, 0],
      [3, other.id, 1],
      [4, other.id, 2],
      [5, one.id, 2],
      [6, one.id, 3],
      [7, one.id, 4],
    ])
    expect(verifyEvidence(evidence)).toMatchObject({ holds: true, records: 8, streams: 2 })
  })

  it('that comes again changes nothing', async () => {
    const stream = createTestStream(node, await newTenant(), 4)
    await ingest(stream, 0, 4)
    const before = await evidenceOf(stream.tenant)
    for (const [from, to] of [
      [0, 4],
      [0, 2],
      [2, 4],
    ] as const)
      expect(await ingest(stream, from, to)).toEqual({ outcome: 'ingested', nextSeq: 4, ingested: 0 })
    expect({ ...(await evidenceOf(stream.tenant)), exportedAt: '' }).toEqual({ ...before, exportedAt: '' })
  })

  it('whose records retention removed meanwhile is no other history when it comes again, however it is cut', async () => {
    const stream = createTestStream(node, await newTenant(), 6)
    await ingest(stream, 0, 4)
    await remove(stream, [1, 2, 3])
    for (const [from, to] of [
      [0, 4],
      [2, 4],
      [1, 3],
    ] as const)
      expect(await ingest(stream, from, to)).toEqual({ outcome: 'ingested', nextSeq: 4, ingested: 0 })
    expect(await ingest(stream.fork(), 0, 4)).toEqual({ outcome: 'fork', nextSeq: 4 })
    expect(await ingest(stream, 2, 6)).toEqual({ outcome: 'ingested', nextSeq: 6, ingested: 2 })
  })

  it('that was stored in part adds the rest, and its signature still covers it', async () => {
    const stream = createTestStream(node, await newTenant(), 6)
    await ingest(stream, 0, 3)
    expect(await ingest(stream, 1, 6)).toEqual({ outcome: 'ingested', nextSeq: 6, ingested: 3 })
    await report(stream, 6)
    const evidence = await evidenceOf(stream.tenant)
    expect(evidence.streams[0]?.batches.map(({ fromSeq, count }) => [fromSeq, count])).toEqual([
      [0, 3],
      [1, 5],
    ])
    expect(verifyEvidence(evidence)).toMatchObject({ holds: true, records: 6 })
  })

  it('that comes too early writes nothing and says what is missing', async () => {
    const stream = createTestStream(node, await newTenant(), 6)
    await ingest(stream, 0, 2)
    expect(await ingest(stream, 3, 6)).toEqual({ outcome: 'gap', nextSeq: 2 })
    expect((await evidenceOf(stream.tenant)).records).toHaveLength(2)
  })

  it('from further on in a stream of which nothing has come is a gap, and leaves nothing behind', async () => {
    const stream = createTestStream(node, await newTenant(), 3)
    expect(await ingest(stream, 1, 3)).toEqual({ outcome: 'gap', nextSeq: 0 })
    expect((await owner.query('select 1 from writ.streams where id = $1', [stream.id])).rows).toEqual([])
    expect(await ingest(stream, 0, 3)).toMatchObject({ outcome: 'ingested', nextSeq: 3 })
  })

  it('of another history is a fork, whether it continues, overlaps or repeats', async () => {
    const stream = createTestStream(node, await newTenant(), 8)
    await ingest(stream, 0, 4)
    const before = await evidenceOf(stream.tenant)
    const fork = stream.fork()
    for (const [from, to] of [
      [4, 8],
      [2, 8],
      [0, 4],
      [1, 3],
    ] as const) {
      expect(await ingest(fork, from, to)).toEqual({ outcome: 'fork', nextSeq: 4 })
    }
    expect({ ...(await evidenceOf(stream.tenant)), exportedAt: '' }).toEqual({ ...before, exportedAt: '' })
  })

  it('whose first record does not begin the stream is a fork', async () => {
    const stream = createTestStream(node, await newTenant(), 4)
    const { batch, records } = stream.opened(1, 4)
    const shifted = { batch: { ...batch, fromSeq: 0 }, records }
    expect(await ingestBatch(ledger, shifted)).toEqual({ outcome: 'fork', nextSeq: 0 })
  })

  it('of a tenant that does not exist is not kept', async () => {
    const stream = createTestStream(node, TenantId.parse(testId('ten')), 1)
    expect(await ingest(stream, 0, 1)).toEqual({ outcome: 'unknown-tenant' })
  })

  it('keeps the very bytes, also of a tool whose name no text column can hold', async () => {
    const tool = 'drop\0table \u2028 \ud800 "quoted\\" {a,b} NULL ünï'
    const action = {
      method: 'tools/call',
      tool,
      class: 'read.private',
      classSource: 'default',
      resource: tool,
    } as const
    const stream = createTestStream(node, await newTenant(), 2, () => ({
      action,
      at: '0000-01-01T00:00:00.000Z',
    }))
    await ingest(stream, 0, 2)
    await report(stream, 2)
    const evidence = await evidenceOf(stream.tenant)
    expect(evidence.records.map((record) => record.bytes)).toEqual(stream.batch(0, 2).records)
    expect(verifyEvidence(evidence).holds).toBe(true)
    const { rows } = await owner.query(
      `select encode(sha256(bytes), 'hex') as sha256 from writ.records where stream_no = ${NO} and seq = 1`,
      [stream.id],
    )
    expect(rows).toEqual([{ sha256: stream.batch(0, 2).headHash }])
  })
})

describe('batches that arrive often, out of order and at several workers', () => {
  it('end as every record exactly once, in order, contiguous and verifiable', async () => {
    const length = 12
    const cut = fc.tuple(fc.nat(length - 1), fc.integer({ min: 1, max: length })).map(([from, size]) => ({
      from,
      to: Math.min(length, from + size),
    }))
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 12 }), async (cuts) => {
        const tenant = await newTenant()
        const streams = [createTestStream(node, tenant, length), createTestStream(node, tenant, length)]
        await Promise.all(streams.flatMap((stream) => cuts.map(({ from, to }) => ingest(stream, from, to))))
        // What a node does at a gap: it goes back to the watermark and sends on from there.
        await Promise.all(streams.flatMap((stream) => [ingest(stream, 0, 5), ingest(stream, 0, length)]))
        await Promise.all(streams.map((stream) => report(stream, length)))
        const { records, faults } = verifyEvidence(await evidenceOf(tenant))
        expect({ records, faults }).toEqual({ records: 2 * length, faults: [] })
      }),
      { numRuns: 12 },
    )
  })
})

describe('batches of several tenants on one connection, whose statements are planned once', () => {
  it('each grow the log of their own tenant only', async () => {
    const one = await openDatabase(database.workerUrl, { poolSize: 1, applicationName: 'ledger spec' })
    const streams = await Promise.all(
      Array.from({ length: 3 }, async () => createTestStream(node, await newTenant(), 12)),
    )
    for (let seq = 0; seq < 12; seq += 1)
      for (const stream of streams) await ingestBatch(createTenantScope(one), stream.opened(seq, seq + 1))
    await one.close()
    for (const stream of streams) {
      await report(stream, 12)
      const evidence = await evidenceOf(stream.tenant)
      expect([evidence.logSize, evidence.streams.map(({ stream: id }) => id)]).toEqual([12, [stream.id]])
      expect(verifyEvidence(evidence)).toMatchObject({ holds: true, records: 12 })
    }
  })

  it('do not reach the stream of another tenant', async () => {
    const one = await openDatabase(database.workerUrl, { poolSize: 1, applicationName: 'ledger spec' })
    const scope = createTenantScope(one)
    const stream = createTestStream(node, await newTenant(), 8)
    for (let seq = 0; seq < 8; seq += 1) await ingestBatch(scope, stream.opened(seq, seq + 1))
    const other = await newTenant()
    expect(await nextSeqOf(scope, { tenant: other, stream: stream.id })).toBe(0)
    expect(await nextSeqOf(scope, { tenant: stream.tenant, stream: stream.id })).toBe(8)
    await one.close()
  })
})

describe('a record', () => {
  it('is neither changed nor removed by anybody, the owner of the database included', async () => {
    const stream = createTestStream(node, await newTenant(), 1)
    await ingest(stream, 0, 1)
    for (const table of ['records', 'stream_batches'])
      for (const change of [
        `update writ.${table} set tenant_id = tenant_id`,
        `delete from writ.${table}`,
        `truncate writ.${table}`,
      ])
        await expect(owner.query(change)).rejects.toThrow(`writ.${table} is append-only`)
  })

  it('that is changed all the same is named by verification', async () => {
    const stream = createTestStream(node, await newTenant(), 3)
    await ingest(stream, 0, 3)
    await owner.query('begin')
    await owner.query('alter table writ.records disable trigger records_append_only')
    await owner.query(
      `update writ.records set bytes = set_byte(bytes, position('Ada' in convert_from(bytes, 'UTF8')) - 1, 66)
        where stream_no = ${NO} and seq = 1`,
      [stream.id],
    )
    await owner.query('alter table writ.records enable trigger records_append_only')
    await owner.query('commit')
    const { holds, faults } = verifyEvidence(await evidenceOf(stream.tenant))
    expect(holds).toBe(false)
    expect(faults).toContainEqual(expect.objectContaining({ check: 'chain', seq: 1, leafIndex: 1 }))
  })
})

describe('an evidence', () => {
  it('holds also when it is read while records come in', async () => {
    const tenant = await newTenant()
    const streams = Array.from({ length: 3 }, () => createTestStream(node, tenant, 30))
    await Promise.all(streams.map((stream) => report(stream, 0)))
    const coming = Promise.all(
      streams.map(async (stream) => {
        for (let seq = 0; seq < 30; seq += 3) await ingest(stream, seq, seq + 3)
      }),
    )
    const read: Evidence[] = []
    for (let glimpse = 0; glimpse < 8; glimpse += 1) read.push(await evidenceOf(tenant))
    await coming
    read.push(await evidenceOf(tenant))
    for (const evidence of read) expect(verifyEvidence(evidence).faults).toEqual([])
    expect(read.at(-1)?.records).toHaveLength(90)
  })

  it('holds nothing of another tenant', async () => {
    const stream = createTestStream(node, await newTenant(), 2)
    await ingest(stream, 0, 2)
    expect(await evidenceOf(await newTenant())).toMatchObject({
      logSize: 0,
      nodes: [],
      streams: [],
      records: [],
    })
  })

  it('without the head that the node signed does not hold', async () => {
    const stream = createTestStream(node, await newTenant(), 2)
    await ingest(stream, 0, 2)
    expect(verifyEvidence(await evidenceOf(stream.tenant)).faults).toMatchObject([
      { check: 'completeness', stream: stream.id, seq: 1 },
    ])
  })

  it('counts what the log counts, also of a stream that is not listed any more', async () => {
    const stream = createTestStream(node, await newTenant(), 2)
    await ingest(stream, 0, 2)
    await report(stream, 2)
    await owner.query('begin')
    await owner.query(`select set_config('app.tenant_id', $1, true)`, [stream.tenant])
    await owner.query(`set local session_replication_role = replica`)
    await owner.query('delete from writ.streams where id = $1', [stream.id])
    await owner.query('commit')
    const evidence = await evidenceOf(stream.tenant)
    expect(evidence).toMatchObject({ logSize: 2, streams: [], records: [] })
    expect(verifyEvidence(evidence).faults).toMatchObject([{ check: 'completeness', stream: null }])
  })

  it('does not read bytes that are no UTF-8 as the character that stood there', async () => {
    const agent = { id: `agt_${testId('agt').slice(4)}`, name: 'odd \uFFFD name' } as const
    const stream = createTestStream(node, await newTenant(), 1, () => ({ agent }))
    await ingest(stream, 0, 1)
    await report(stream, 1)
    expect(verifyEvidence(await evidenceOf(stream.tenant)).holds).toBe(true)
    await owner.query('begin')
    await owner.query('alter table writ.records disable trigger records_append_only')
    await owner.query(
      `update writ.records set bytes = substring(bytes for position('\\xefbfbd'::bytea in bytes) - 1) || '\\xff'::bytea
         || substring(bytes from position('\\xefbfbd'::bytea in bytes) + 3) where stream_no = ${NO}`,
      [stream.id],
    )
    await owner.query('alter table writ.records enable trigger records_append_only')
    await owner.query('commit')
    expect(verifyEvidence(await evidenceOf(stream.tenant)).faults).toContainEqual(
      expect.objectContaining({ check: 'chain', seq: 0 }),
    )
  })
})

const report = (stream: TestStream, nextSeq: number, at?: string) =>
  appScope.run(stream.tenant, (manager) => recordHead(manager, node.id, stream.head(nextSeq, at)))

describe('a stream head', () => {
  it('may come before the first record, and the lag shows', async () => {
    const stream = createTestStream(node, await newTenant(), 5)
    expect(await report(stream, 4)).toBe('recorded')
    const pending = () => appScope.run(stream.tenant, pendingRecords)
    expect(await pending()).toBe(4)
    await ingest(stream, 0, 5)
    expect(await pending()).toBe(0)
  })

  it('proves that the tail of a stream is missing', async () => {
    const stream = createTestStream(node, await newTenant(), 5)
    await ingest(stream, 0, 3)
    await report(stream, 5)
    const { holds, faults } = verifyEvidence(await evidenceOf(stream.tenant))
    expect(holds).toBe(false)
    expect(faults).toContainEqual(expect.objectContaining({ check: 'completeness' }))
  })

  it('that is older changes nothing, and one at the same place may be newer', async () => {
    const stream = createTestStream(node, await newTenant(), 5)
    expect(await report(stream, 4, '2026-01-02T00:00:00.000Z')).toBe('recorded')
    expect(await report(stream, 3, '2026-01-03T00:00:00.000Z')).toBe('older')
    expect(await report(stream, 4, '2026-01-03T00:00:00.000Z')).toBe('recorded')
    expect((await evidenceOf(stream.tenant)).streams[0]?.head).toEqual(
      stream.head(4, '2026-01-03T00:00:00.000Z'),
    )
  })

  it('with another hash for the same place is a fork', async () => {
    const stream = createTestStream(node, await newTenant(), 5)
    await report(stream, 4)
    const other = stream.fork().head(4)
    expect(await appScope.run(stream.tenant, (manager) => recordHead(manager, node.id, other))).toBe('forked')
  })

  it('with another hash than the ledger has for its place is a fork, and is kept: it proves that', async () => {
    const stream = createTestStream(node, await newTenant(), 5)
    await ingest(stream, 0, 4)
    const other = stream.fork().head(4)
    const keep = (head: StreamHead) =>
      appScope.run(stream.tenant, (manager) => recordHead(manager, node.id, head))
    expect(await keep(other)).toBe('forked')
    const { holds, faults } = verifyEvidence(await evidenceOf(stream.tenant))
    expect([holds, faults.map(({ check }) => check)]).toEqual([false, ['chain']])
    const honest = createTestStream(node, stream.tenant, 5)
    await ingest(honest, 0, 4)
    expect(await keep(honest.head(4))).toBe('recorded')
  })

  it('lets its node be heard of, also when it says what it said before or its clock went back', async () => {
    const stream = createTestStream(node, await newTenant(), 5)
    await report(stream, 4, '2026-01-02T00:00:00.000Z')
    const heard = async (set = '') => {
      const { rows } = await owner.query(
        `${set === '' ? 'select reported_heard_at::text as at, reported_at as said from' : 'update'} writ.streams ${set}
          where id = $1 ${set === '' ? '' : 'returning reported_heard_at::text as at, reported_at as said'}`,
        [stream.id],
      )
      return rows[0]
    }
    for (const [seq, at] of [
      [4, '2026-01-02T00:00:00.000Z'],
      [4, '2026-01-01T00:00:00.000Z'],
      [3, '2026-01-03T00:00:00.000Z'],
    ] as const) {
      const before = await heard(`set reported_heard_at = now() - interval '1 hour'`)
      expect(await report(stream, seq, at)).toBe('older')
      const after = await heard()
      expect([after.at > before.at, after.said]).toEqual([true, '2026-01-02T00:00:00.000Z'])
    }
  })

  it('that is further ahead than records ever wait is not kept, however long the stream is', async () => {
    const stream = createTestStream(node, await newTenant(), 5)
    const [head] = [stream.head(4)]
    const at = (nextSeq: number) =>
      appScope.run(stream.tenant, (manager) => recordHead(manager, node.id, { ...head, nextSeq }))
    expect(await at(1_000_001)).toBe('ahead')
    expect(await at(1_000_000)).toBe('recorded')
    expect(await at(1_000_001)).toBe('ahead')
    await ingest(stream, 0, 3)
    expect(await at(1_000_003)).toBe('recorded')
  })

  it('of a new stream is not kept while no record has come of a thousand others of its node, until one has come of it', async () => {
    const tenant = await newTenant()
    await owner.query(
      `insert into writ.streams (tenant_id, id, node_id, reported_next_seq, reported_hash, reported_at)
         select $1, $2 || ':boo_' || lpad(no::text, 26, '0') || ':' || $1, $2, 1, '', '2026-01-01' from generate_series(1, 999) no`,
      [tenant, node.id],
    )
    const [last, next, begun] = [1, 2, 3].map(() => createTestStream(node, tenant, 3))
    expect(await report(last!, 1)).toBe('recorded')
    expect(await report(next!, 1)).toBe('crowded')
    // as of a stream that is known, and not by a head
    await owner.query('insert into writ.streams (tenant_id, id, node_id) values ($1, $2, $3)', [
      tenant,
      begun!.id,
      node.id,
    ])
    expect(await report(begun!, 2)).toBe('crowded')
    expect(await report(last!, 2)).toBe('recorded')
    expect(await report(createTestStream(node, await newTenant(), 3), 1)).toBe('recorded')
    for (const stream of [begun!, next!]) {
      await ingest(stream, 0, 1)
      expect(await report(stream, 3)).toBe('recorded')
    }
    await ingest(last!, 0, 1)
    expect(await report(createTestStream(node, tenant, 3), 1)).toBe('recorded')
  })

  it('of another node or of another tenant is not taken', async () => {
    const [mine, theirs] = [await newTenant(), await newTenant()]
    const head = createTestStream(node, theirs, 2).head(2)
    const stranger = createTestNode()
    expect(await appScope.run(theirs, (manager) => recordHead(manager, stranger.id, head))).toBe('foreign')
    expect(await appScope.run(mine, (manager) => recordHead(manager, node.id, head))).toBe('foreign')
    const unknown = TenantId.parse(testId('ten'))
    const lost = createTestStream(node, unknown, 1).head(1)
    expect(await appScope.run(unknown, (manager) => recordHead(manager, node.id, lost))).toBe('foreign')
  })
})

describe('watermarks', () => {
  it('are told for the streams of the node that asks', async () => {
    const stream = createTestStream(node, await newTenant(), 3)
    await ingest(stream, 0, 2)
    const queries = new PlatformQueries(app)
    const unknown = createTestStream(node, stream.tenant, 1).id
    expect(await queries.watermarksOf(node.id, [stream.id, unknown])).toEqual([
      { stream: stream.id, nextSeq: 2 },
    ])
    expect(await queries.watermarksOf(createTestNode().id, [stream.id])).toEqual([])
  })
})

describe('records', () => {
  it('are found by who, what and how it ended, page by page', async () => {
    const tenant = await newTenant()
    const agent = { id: `agt_${testId('agt').slice(4)}`, name: 'busy' } as const
    const stream = createTestStream(node, tenant, 10, (seq) => ({
      outcome: seq % 3 === 0 ? 'deny' : 'allow',
      ...(seq % 2 === 0 ? { agent } : {}),
    }))
    await ingest(stream, 0, 10)
    const find = (query: object) =>
      appScope.run(tenant, (manager) => queryRecords(manager, RecordQuery.parse(query)))
    const leavesOf = async (query: object) => (await find(query)).items.map((view) => view.leafIndex)

    expect(await leavesOf({ outcome: 'deny' })).toEqual([0, 3, 6, 9])
    expect(await leavesOf({ agent: agent.id, outcome: 'deny' })).toEqual([0, 6])
    expect(await leavesOf({ tool: 'search', kind: 'closed', limit: 2, after: 4 })).toEqual([5, 6])
    expect(await leavesOf({ tool: 'sea', kind: 'opened' })).toEqual([])
    const first = await find({ agent: agent.id, limit: 3 })
    expect(first.next).toBe('4')
    const second = await find({ agent: agent.id, limit: 3, after: first.next })
    expect([...first.items, ...second.items].map((view) => view.leafIndex)).toEqual([0, 2, 4, 6, 8])
    expect(second.next).toBeNull()
    expect(JSON.parse(first.items[0]!.bytes)).toEqual(first.items[0]!.record)
    expect(first.items[0]!.record).toMatchObject({ seq: 0, agent })
  })
})

type Aside = { readonly reason: string; readonly from_seq: string; readonly batch: Buffer }

const asideOf = async (stream: string): Promise<Aside[]> =>
  (
    await owner.query<Aside>(
      'select * from writ.audit_quarantine where claimed_stream = $1 order by from_seq, reason',
      [stream],
    )
  ).rows

describe('a batch that cannot be taken', () => {
  it('is kept whole, once', async () => {
    const batch = createTestStream(node, TenantId.parse(testId('ten')), 2).batch(0, 2)
    for (const detail of ['first', 'again']) await quarantine(worker, batch, { reason: 'unsound', detail })
    const { rows } = await owner.query('select * from writ.audit_quarantine where claimed_stream = $1', [
      batch.stream,
    ])
    expect(rows).toMatchObject([{ claimed_node: node.id, from_seq: '0', reason: 'unsound', detail: 'first' }])
    expect(JSON.parse(rows[0].batch.toString())).toEqual(batch)
  })

  it('is kept once more when it is put aside for another reason', async () => {
    const batch = createTestStream(node, TenantId.parse(testId('ten')), 2).batch(0, 2)
    for (const reason of ['unknown-node', 'fork', 'fork'] as const)
      await quarantine(worker, batch, { reason, detail: reason })
    expect((await asideOf(batch.stream)).map(({ reason }) => reason)).toEqual(['fork', 'unknown-node'])
  })

  it('for one record is kept for each place of each tenant, also where the bytes are the same', async () => {
    for (const tenant of [testId('ten'), testId('ten')]) {
      const batch = createTestStream(node, TenantId.parse(tenant), 3).batch(0, 3)
      const same = { ...batch, records: ['[', 'between', '['] }
      for (const at of [0, 2, 0]) await quarantineRecord(worker, same, at, 'unread')
      const rows = await asideOf(batch.stream)
      expect(rows.map(({ from_seq, batch: bytes }) => [from_seq, bytes.toString()])).toEqual([
        ['0', '['],
        ['2', '['],
      ])
    }
  })
})
