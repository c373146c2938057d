import { isUtf8 } from 'node:buffer'
import type { Evidence, NodeId, StreamId, TenantId } from '@writ/contracts'
import type { EntityManager } from 'typeorm'

/**
 * What a tenant's records are verified with away from the server.
 * The size of the log and the streams are read first, in one statement, and bound the rest: the ledger only grows, so what they
 * count is there and stays, and what is ingested meanwhile is left out whole.
 */
export async function readEvidence(
  manager: EntityManager,
  of: { readonly tenantId: TenantId; readonly exportedAt: Date },
): Promise<Evidence> {
  const log: LogRow[] = await manager.query(LOG)
  const streams = log.filter((row) => row.stream !== null)
  const bounds = [streams.map((row) => row.stream), streams.map((row) => row.nextSeq)]
  const batchesOf = byStream(await manager.query(BATCHES, bounds))
  const records: RecordRow[] = await manager.query(RECORDS, bounds)
  const nodes: Evidence['nodes'] = await manager.query(NODES, [streams.map((row) => row.node)])
  return {
    format: 'writ.evidence.v1',
    tenant: of.tenantId,
    exportedAt: of.exportedAt.toISOString(),
    logSize: log[0]?.logSize ?? 0,
    nodes,
    streams: streams.map((row) => ({
      stream: row.stream,
      nextSeq: row.nextSeq,
      head: headOf(row),
      batches: (batchesOf.get(row.stream) ?? []).map((batch) => ({
        ...batch,
        tenant: of.tenantId,
        node: row.node,
      })),
    })),
    records: records.map((row) => ({ ...row, bytes: textOf(row.bytes) })),
  }
}

/** What evidence is made of: `bytes` of its records, null where there are more records than were asked about. */
export type EvidenceSize = {
  readonly records: number
  readonly streams: number
  readonly bytes: number | null
}

/**
 * How much evidence would hold, told before it is read: all of it is in memory at once. A batch brings at least one record.
 * @param most records whose bytes are looked at
 */
export async function sizeOfEvidence(manager: EntityManager, most: number): Promise<EvidenceSize> {
  const [size]: EvidenceSize[] = await manager.query(SIZE, [most])
  if (size === undefined) throw new Error('the size of the evidence was not counted')
  return size
}

const SIZE = `
  select coalesce(l.size, 0)::float8 as records,
         (select count(*) from writ.streams where tenant_id = app.tid())::float8 as streams,
         case when coalesce(l.size, 0) <= $1::bigint
           then (select coalesce(sum(octet_length(bytes)), 0) from writ.records where tenant_id = app.tid())::float8 end as bytes
    from (select app.tid() as tenant_id) as own left join writ.tenant_logs l using (tenant_id)`

/** One row for each stream, and one without a stream for a tenant that has none. */
type LogRow = { readonly logSize: number } & (StreamRow | { readonly stream: null })
type StreamRow = {
  readonly stream: StreamId
  readonly node: NodeId
  readonly nextSeq: number
  readonly reportedNextSeq: number | null
  readonly reportedHash: string | null
  readonly reportedAt: string | null
  readonly reportedSignature: string | null
}
type BatchRow = {
  readonly stream: StreamId
  readonly fromSeq: number
  readonly count: number
  readonly headHash: string
  readonly signature: string
}
type RecordRow = {
  readonly leafIndex: number
  readonly stream: StreamId
  readonly seq: number
  readonly bytes: Buffer
}

// In one statement, so that the size counts exactly the records of these streams.
const LOG = `
  select coalesce(l.size, 0)::float8 as "logSize", s.id as stream, s.node_id as node, s.next_seq::float8 as "nextSeq",
         s.reported_next_seq::float8 as "reportedNextSeq", s.reported_hash as "reportedHash",
         s.reported_at as "reportedAt", s.reported_signature as "reportedSignature"
    from (select app.tid() as tenant_id) as own
    left join writ.tenant_logs l using (tenant_id)
    left join writ.streams s using (tenant_id) order by s.id`

const BATCHES = `
  select b.stream_id as stream, b.from_seq::float8 as "fromSeq", b.count, b.head_hash as "headHash", b.signature
    from unnest($1::text[], $2::bigint[]) as bound (stream_id, next_seq)
    join writ.stream_batches b using (stream_id)
   where b.tenant_id = app.tid() and b.from_seq + b.count <= bound.next_seq order by b.from_seq, b.count`

const RECORDS = `
  select r.leaf_index::float8 as "leafIndex", bound.stream_id as stream, r.seq::float8 as seq, r.bytes
    from unnest($1::text[], $2::bigint[]) as bound (stream_id, next_seq)
    join writ.streams s on s.tenant_id = app.tid() and s.id = bound.stream_id
    join writ.records r on r.tenant_id = app.tid() and r.stream_no = s.no
   where r.seq < bound.next_seq order by r.leaf_index`

const NODES = `select id as node, public_key as "publicKey" from writ.nodes where id = any($1) order by id`

/** Bytes that are no UTF-8 were never a record; read leniently they could hash like the one that stood there. */
const textOf = (bytes: Buffer): string => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')

function byStream(batches: readonly BatchRow[]): ReadonlyMap<StreamId, BatchRow[]> {
  const found = new Map<StreamId, BatchRow[]>()
  for (const batch of batches) {
    const of = found.get(batch.stream)
    if (of === undefined) found.set(batch.stream, [batch])
    else of.push(batch)
  }
  return found
}

function headOf(row: StreamRow): Evidence['streams'][number]['head'] {
  const { stream, reportedNextSeq, reportedHash, reportedAt, reportedSignature } = row
  if (reportedNextSeq === null || reportedHash === null || reportedAt === null || reportedSignature === null)
    return null
  return {
    stream,
    nextSeq: reportedNextSeq,
    headHash: reportedHash,
    at: reportedAt,
    signature: reportedSignature,
  }
}
