import { hashOf } from '@writ/audit'
import type { AuditRecord, StreamBatch } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import type { TenantScope } from './tenant-scope.ts'

/** A batch that its node signed, with its records as `openBatch` of @writ/audit read them. */
export type OpenedBatch = { readonly batch: StreamBatch; readonly records: readonly AuditRecord[] }

/**
 * `nextSeq` is what the ledger wants next of the stream.
 * `ingested`: stored now, 0 when all of it was stored before. `gap`: records before this batch are missing, nothing was written.
 * `fork`: the node signed two histories. `unknown-tenant`: there is nobody to keep it for.
 */
export type Ingestion =
  | { readonly outcome: 'ingested'; readonly nextSeq: number; readonly ingested: number }
  | { readonly outcome: 'gap'; readonly nextSeq: number }
  | { readonly outcome: 'fork'; readonly nextSeq: number }
  | { readonly outcome: 'unknown-tenant' }

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

type StreamRow = { readonly nextSeq: number; readonly headHash: string }

async function lockStream(manager: EntityManager, batch: StreamBatch): Promise<StreamRow | null> {
  await manager.query(
    `insert into writ.streams (tenant_id, id, node_id) select id, $1, $2 from writ.tenants where id = app.tid()
       on conflict do nothing`,
    [batch.stream, batch.node],
  )
  const [row] = await manager.query(
    `select next_seq::float8 as "nextSeq", head_hash as "headHash" from writ.streams
      where tenant_id = app.tid() and id = $1 for update`,
    [batch.stream],
  )
  return row ?? null
}

/**
 * Whether the batch continues what is stored. Inside a batch each record names its predecessor's hash, so one equal hash means
 * that all before it are equal too.
 */
async function continues(manager: EntityManager, opened: OpenedBatch, stream: StreamRow): Promise<boolean> {
  const { batch, records } = opened
  const firstNew = records[stream.nextSeq - batch.fromSeq]
  if (firstNew !== undefined) return firstNew.prev === stream.headHash
  const [stored] = await manager.query(
    `select encode(sha256, 'hex') as sha256 from writ.records where tenant_id = app.tid() and stream_id = $1 and seq = $2`,
    [batch.stream, batch.fromSeq + batch.records.length - 1],
  )
  return stored?.sha256 === batch.headHash
}

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
    batch.stream,
    stream.nextSeq,
    ...columnsOf(batch.records.slice(skipped), fresh),
  ])
  await manager.query(
    'update writ.streams set next_seq = $2, head_hash = $3 where tenant_id = app.tid() and id = $1',
    [batch.stream, stream.nextSeq + fresh.length, hashOf(batch.records.at(-1) ?? '')],
  )
  await manager.query(
    `insert into writ.stream_batches (tenant_id, stream_id, from_seq, count, head_hash, signature)
       values (app.tid(), $1, $2, $3, $4, $5)`,
    [batch.stream, batch.fromSeq, batch.records.length, batch.headHash, batch.signature],
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
  insert into writ.records (tenant_id, leaf_index, stream_id, seq, bytes, decision_id, kind, agent_id, human_id, session_id,
                            tool, outcome, occurred_at)
  select app.tid(), $1::bigint + at - 1, $2, $3::bigint + at - 1, bytes, decision_id, kind, agent_id, human_id, session_id,
         tool, outcome, to_timestamp(occurred_seconds)
    from unnest($4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::float8[])
         with ordinality as fresh (bytes, decision_id, kind, agent_id, human_id, session_id, tool, outcome, occurred_seconds, at)
`

const columnsOf = (texts: readonly string[], records: readonly AuditRecord[]): unknown[] => [
  texts.map((text) => Buffer.from(text)),
  records.map((record) => record.decisionId),
  records.map((record) => record.kind),
  records.map((record) => record.agent?.id ?? null),
  records.map((record) => record.human?.id ?? null),
  records.map((record) => record.session),
  records.map((record) => searchable(record.action?.tool ?? null)),
  records.map((record) => record.outcome),
  records.map((record) => Date.parse(record.at) / 1000),
]

// A text column holds no NUL, and an agent may name any tool: the bytes keep the name, the column what can be searched for.
const searchable = (text: string | null): string | null => text?.replaceAll('\0', '\uFFFD') ?? null
