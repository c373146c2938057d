import { hashOf, termsOf } from '@writ/audit'
import type { Ingestion, OpenedBatch } from '@writ/audit'
import type { AuditRecord, StreamBatch } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { sumUpBlocks } from './record-blocks.ts'
import type { TenantScope } from './tenant-scope.ts'

/**
 * Appends a batch to the tenant's log, each record exactly once and in the order of its stream, in one transaction.
 * The row locks of stream and log make concurrent workers take turns, so leaf indexes are contiguous.
 */
export function ingestBatch(scope: TenantScope, opened: OpenedBatch): Promise<Ingestion> {
  const { batch } = opened
  return scope.run(batch.tenant, async (manager) => {
    const stream = await lockStream(manager, batch)
    if (stream === null) return { outcome: 'unknown-tenant' }
    if (batch.fromSeq > stream.nextSeq) return { outcome: 'gap', nextSeq: stream.nextSeq }
    if (!(await continues(manager, opened, stream))) return { outcome: 'fork', nextSeq: stream.nextSeq }
    const fresh = batch.records.slice(stream.nextSeq - batch.fromSeq)
    if (fresh.length > 0) await append(manager, opened, stream)
    return { outcome: 'ingested', nextSeq: stream.nextSeq + fresh.length, ingested: fresh.length }
  })
}

/** What the ledger wants next of a stream: 0 where it knows none. It only grows. */
export function nextSeqOf(
  scope: TenantScope,
  { tenant, stream }: Pick<StreamBatch, 'tenant' | 'stream'>,
): Promise<number> {
  return scope.run(tenant, async (manager) => {
    const [row] = await manager.query(
      `select next_seq::float8 as "nextSeq" from writ.streams where tenant_id = app.tid() and id = $1`,
      [stream],
    )
    return row?.nextSeq ?? 0
  })
}

type StreamRow = { readonly no: string; readonly nextSeq: number; readonly headHash: string }

async function lockStream(manager: EntityManager, batch: StreamBatch): Promise<StreamRow | null> {
  const known = await knownStream(manager, batch)
  if (known !== null) return known
  await manager.query(
    `insert into writ.streams (tenant_id, id, node_id) select id, $1, $2 from writ.tenants where id = app.tid()
       on conflict do nothing`,
    [batch.stream, batch.node],
  )
  return knownStream(manager, batch)
}

async function knownStream(manager: EntityManager, { stream }: StreamBatch): Promise<StreamRow | null> {
  const [row] = await manager.query(
    `select no, next_seq::float8 as "nextSeq", head_hash as "headHash" from writ.streams
      where tenant_id = app.tid() and id = $1 for update`,
    [stream],
  )
  return row ?? null
}

/**
 * Whether the batch continues what is stored. Inside a batch each record names its predecessor's hash, so one equal hash means
 * that all before it are equal too.
 */
async function continues(manager: EntityManager, opened: OpenedBatch, stream: StreamRow): Promise<boolean> {
  const { batch, records } = opened
  const place = stream.nextSeq - batch.fromSeq
  const firstNew = records[place]
  // What cannot be read can still be looked at: canonical bytes name the predecessor in exactly these words.
  if (firstNew === null) return batch.records[place]?.includes(`"prev":"${stream.headHash}"`) ?? false
  if (firstNew !== undefined) return firstNew.prev === stream.headHash
  const [stored] = await manager.query(STORED_HASH, [batch.stream, batch.fromSeq + batch.records.length - 1])
  return stored?.sha256 === batch.headHash
}

/** A place in a stream is found by the batch that brought it: its fresh records have consecutive leaves. */
const STORED_HASH = `
  select encode(sha256(r.bytes), 'hex') as sha256 from writ.stream_batches b
    join writ.records r on r.tenant_id = b.tenant_id and r.leaf_index = b.first_leaf + $2::bigint - b.first_seq
   where b.tenant_id = app.tid() and b.stream_id = $1 and b.first_seq <= $2::bigint and b.from_seq + b.count > $2::bigint limit 1`

async function append(
  manager: EntityManager,
  { batch, records }: OpenedBatch,
  stream: StreamRow,
): Promise<void> {
  const skipped = stream.nextSeq - batch.fromSeq
  const fresh = records.slice(skipped)
  const firstLeaf = await takeLeaves(manager, batch.tenant, fresh.length)
  await manager.query(INSERT_RECORDS, [
    firstLeaf,
    stream.no,
    stream.nextSeq,
    ...columnsOf(batch.records.slice(skipped), fresh),
  ])
  await sumUpBlocks(manager, { from: firstLeaf, to: firstLeaf + fresh.length })
  await manager.query(
    'update writ.streams set next_seq = $2, head_hash = $3 where tenant_id = app.tid() and id = $1',
    [batch.stream, stream.nextSeq + fresh.length, hashOf(batch.records.at(-1) ?? '')],
  )
  await manager.query(
    `insert into writ.stream_batches (tenant_id, stream_id, from_seq, count, head_hash, signature, first_seq, first_leaf)
       values (app.tid(), $1, $2, $3, $4, $5, $6, $7)`,
    [
      batch.stream,
      batch.fromSeq,
      batch.records.length,
      batch.headHash,
      batch.signature,
      stream.nextSeq,
      firstLeaf,
    ],
  )
}

async function takeLeaves(manager: EntityManager, tenantId: string, count: number): Promise<number> {
  const [log] = await manager.query(
    `insert into writ.tenant_logs (tenant_id, size) values ($1, $2)
       on conflict (tenant_id) do update set size = tenant_logs.size + excluded.size returning size::float8 as size`,
    [tenantId, count],
  )
  return log.size - count
}

const INSERT_RECORDS = `
  insert into writ.records (tenant_id, leaf_index, stream_no, seq, bytes, decision_id, kind, session_id, outcome, occurred_at, terms)
  select app.tid(), $1::bigint + at - 1, $2, $3::bigint + at - 1, bytes, decision_id, kind, session_id, outcome,
         to_timestamp(occurred_seconds), terms::integer[]
    from unnest($4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::float8[], $10::text[])
         with ordinality as fresh (bytes, decision_id, kind, session_id, outcome, occurred_seconds, terms, at)
`

/** What is asked for by name is read from the bytes once, here; only the bytes count. */
const columnsOf = (texts: readonly string[], records: readonly (AuditRecord | null)[]): unknown[] => [
  texts.map((text) => Buffer.from(text)),
  records.map((record) => record?.decisionId ?? ''),
  records.map((record) => record?.kind ?? UNREADABLE),
  records.map((record) => record?.session ?? null),
  records.map((record) => record?.outcome ?? 'failed'),
  records.map((record) => (record ? Date.parse(record.at) : Date.now()) / 1000),
  records.map((record) => record && `{${termsOf(record).join(',')}}`),
]

/** The kind of a record that was stored without being read. */
const UNREADABLE = 'unreadable'
