import { hashOf, termsOf } from '@writ/audit'
import type { Ingestion, OpenedBatch } from '@writ/audit'
import type { AuditRecord, StreamBatch } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { bytesList, floatList, integerList, textList } from './binary-lists.ts'
import { runPrepared } from './prepared.ts'
import type { Prepared } from './prepared.ts'
import { sumUpBlocks } from './record-blocks.ts'
import type { TenantScope } from './tenant-scope.ts'

/**
 * Appends a batch to the tenant's log, each record exactly once and in the order of its stream, in one transaction.
 * The row locks of stream and log make concurrent workers take turns, so leaf indexes are contiguous.
 * @param readFrom what the ledger wanted next when the batch was opened: nobody has read the records before it
 * @throws when the ledger has gone back behind that since, as one does that a replica took the place of: what it wants now was not read
 */
export function ingestBatch(scope: TenantScope, opened: OpenedBatch, readFrom = 0): Promise<Ingestion> {
  const { batch } = opened
  return scope.run(batch.tenant, async (manager) => {
    const stream = await lockStream(manager, batch)
    if (stream === null)
      return batch.fromSeq > 0 ? { outcome: 'gap', nextSeq: 0 } : { outcome: 'unknown-tenant' }
    if (batch.fromSeq > stream.nextSeq) return { outcome: 'gap', nextSeq: stream.nextSeq }
    if (stream.nextSeq < readFrom) throw new Error('the ledger went back while a batch was read')
    if (!(await continues(manager, opened, stream))) return { outcome: 'fork', nextSeq: stream.nextSeq }
    const fresh = batch.records.slice(stream.nextSeq - batch.fromSeq)
    if (fresh.length > 0) await append(manager, opened, stream)
    return { outcome: 'ingested', nextSeq: stream.nextSeq + fresh.length, ingested: fresh.length }
  })
}

/** What the ledger wants next of a stream: 0 where it knows none. It only grows, as long as the database is not put back. */
export function nextSeqOf(
  scope: TenantScope,
  { tenant, stream }: Pick<StreamBatch, 'tenant' | 'stream'>,
): Promise<number> {
  return scope.run(tenant, async (manager) => {
    const [row] = await runPrepared<Pick<StreamRow, 'nextSeq'>>(manager, NEXT_SEQ, [stream])
    return row?.nextSeq ?? 0
  })
}

const NEXT_SEQ: Prepared = {
  name: 'ledger next',
  text: 'select next_seq::float8 as "nextSeq" from writ.streams where tenant_id = app.tid() and id = $1',
}

type StreamRow = { readonly no: string; readonly nextSeq: number; readonly headHash: string }

/** A stream begins with its first record: what is from further on leaves no row of it. */
async function lockStream(manager: EntityManager, batch: StreamBatch): Promise<StreamRow | null> {
  const known = await knownStream(manager, batch)
  if (known !== null || batch.fromSeq > 0) return known
  await manager.query(
    `insert into writ.streams (tenant_id, id, node_id) select id, $1, $2 from writ.tenants where id = app.tid()
       on conflict do nothing`,
    [batch.stream, batch.node],
  )
  return knownStream(manager, batch)
}

async function knownStream(manager: EntityManager, { stream }: StreamBatch): Promise<StreamRow | null> {
  const [row] = await runPrepared<StreamRow>(manager, LOCK_STREAM, [stream])
  return row ?? null
}

const LOCK_STREAM: Prepared = {
  name: 'ledger lock',
  text: `select no, next_seq::float8 as "nextSeq", head_hash as "headHash" from writ.streams
          where tenant_id = app.tid() and id = $1 for update`,
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
  const lastSeq = batch.fromSeq + batch.records.length - 1
  const [stored]: StoredHash[] = await manager.query(STORED_HASH, [batch.stream, lastSeq])
  return stored !== undefined && (stored.sha256 ?? batch.headHash) === batch.headHash
}

/** Null where retention removed the record, and no batch ended with it: then nothing is known that a batch could contradict. */
type StoredHash = { readonly sha256: string | null }

/**
 * A place in a stream is found by the batch that brought it: its fresh records have consecutive leaves. Of a record that is gone the batch that
 * ended with it still says the hash.
 */
const STORED_HASH = `
  select coalesce(encode(sha256(r.bytes), 'hex'), case when b.from_seq + b.count = $2::bigint + 1 then b.head_hash end) as sha256
    from writ.stream_batches b
    left join writ.records r on r.tenant_id = b.tenant_id and r.leaf_index = b.first_leaf + $2::bigint - b.first_seq
   where b.tenant_id = app.tid() and b.stream_id = $1 and b.first_seq <= $2::bigint and b.from_seq + b.count > $2::bigint limit 1`

async function append(
  manager: EntityManager,
  { batch, records }: OpenedBatch,
  stream: StreamRow,
): Promise<void> {
  const skipped = stream.nextSeq - batch.fromSeq
  const texts = batch.records.slice(skipped)
  const ofBatch = [batch.tenant, batch.stream, batch.fromSeq, batch.records.length, batch.headHash]
  const ofStream = [batch.signature, stream.no, stream.nextSeq, texts.length, hashOf(texts.at(-1) ?? '')]
  const columns = columnsOf(texts, records.slice(skipped))
  const [log] = await runPrepared<Log>(manager, APPEND, [...ofBatch, ...ofStream, ...columns])
  if (log === undefined) throw new Error('the log of the tenant did not grow')
  await sumUpBlocks(manager, { from: log.firstLeaf, to: log.firstLeaf + texts.length })
}

type Log = { readonly firstLeaf: number }

// One statement, because each costs as much as some records do: leaves are taken, the stream goes on, the batch is kept, and its records.
const APPEND: Prepared = {
  name: 'ledger append',
  text: `
  with log as (
    insert into writ.tenant_logs (tenant_id, size) values ($1, $9::integer)
      on conflict (tenant_id) do update set size = tenant_logs.size + excluded.size returning size - $9::integer as first_leaf
  ), advanced as (
    update writ.streams set next_seq = $8::bigint + $9::integer, head_hash = $10 where tenant_id = $1 and id = $2
  ), kept as (
    insert into writ.stream_batches (tenant_id, stream_id, from_seq, count, head_hash, signature, first_seq, first_leaf)
      select $1, $2, $3::bigint, $4::integer, $5, $6, $8::bigint, first_leaf from log
  ), stored as (
    insert into writ.records (tenant_id, leaf_index, stream_no, seq, bytes, decision_id, kind, session_id, outcome, occurred_at, terms)
      select $1, first_leaf + at - 1, $7::bigint, $8::bigint + at - 1, bytes, decision_id, kind, session_id, outcome,
             to_timestamp(occurred_seconds), ($17::integer[])[first_term:last_term]
        from log, unnest($11::bytea[], $12::text[], $13::text[], $14::text[], $15::text[], $16::float8[], $18::integer[], $19::integer[])
             with ordinality as fresh (bytes, decision_id, kind, session_id, outcome, occurred_seconds, first_term, last_term, at)
  )
  select first_leaf::float8 as "firstLeaf" from log
`,
}

/** What is asked for by name is read from the bytes once, here; only the bytes count. */
function columnsOf(texts: readonly string[], records: readonly (AuditRecord | null)[]): Buffer[] {
  const { terms, first, last } = termsOfAll(records)
  return [
    bytesList(texts),
    textList(records.map((record) => record?.decisionId ?? '')),
    textList(records.map((record) => record?.kind ?? UNREADABLE)),
    textList(records.map((record) => record?.session ?? null)),
    textList(records.map((record) => record?.outcome ?? 'failed')),
    floatList(records.map((record) => (record ? Date.parse(record.at) : Date.now()) / 1000)),
    integerList(terms),
    integerList(first),
    integerList(last),
  ]
}

/** The kind of a record that was stored without being read. */
const UNREADABLE = 'unreadable'

/** The terms of all records in one list, and where in it those of each begin and end, counted from 1; null for a record without any. */
function termsOfAll(records: readonly (AuditRecord | null)[]) {
  const terms: number[] = []
  const first: (number | null)[] = []
  const last: (number | null)[] = []
  for (const record of records) {
    first.push(record && terms.length + 1)
    if (record) terms.push(...termsOf(record))
    last.push(record && terms.length)
  }
  return { terms, first, last }
}
