import { createHash } from 'node:crypto'
import type { StreamBatch } from '@writ/contracts'
import { sourceOf } from './data-source.ts'
import type { Database } from './data-source.ts'

/**
 * Why a batch is put aside: `fork` and `unknown-tenant` as ingestion says, `unsound` when it does not hold in itself, `foreign` when it holds a
 * record of a kind that its node never makes. `poison`: no batch but one
 * record, which ended or failed the intake again and again; its bytes are in the ledger too.
 */
export type QuarantineReason = 'unsound' | 'foreign' | 'unknown-node' | 'unknown-tenant' | 'fork' | 'poison'

/** Keeps the whole batch for an investigation, once however often it comes. `detail` never holds content of a record. */
export async function quarantine(
  database: Database,
  batch: StreamBatch,
  why: { readonly reason: QuarantineReason; readonly detail: string },
): Promise<void> {
  await keep(database, batch, { ...why, bytes: Buffer.from(JSON.stringify(batch)) })
}

/** Keeps the exact bytes of one record of a batch, once however often it comes. @param at its place in the batch */
export async function quarantineRecord(
  database: Database,
  batch: StreamBatch,
  at: number,
  detail: string,
): Promise<void> {
  const bytes = Buffer.from(batch.records[at] ?? '')
  await keep(database, { ...batch, fromSeq: batch.fromSeq + at }, { reason: 'poison', detail, bytes })
}

type Kept = { readonly reason: QuarantineReason; readonly detail: string; readonly bytes: Buffer }

async function keep(database: Database, batch: StreamBatch, kept: Kept): Promise<void> {
  const { reason, detail, bytes } = kept
  await sourceOf(database).query(
    `insert into writ.audit_quarantine (sha256, claimed_node, claimed_stream, from_seq, reason, detail, batch)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [keyOf(batch, kept), batch.node, batch.stream, batch.fromSeq, reason, detail, bytes],
  )
}

/** Of the claim as well as of the bytes: one record may say the same as another, and a batch may be put aside again for another reason. */
const keyOf = ({ stream, fromSeq }: StreamBatch, { reason, bytes }: Kept): string =>
  createHash('sha256').update(`${reason}\n${stream}\n${fromSeq}\n`).update(bytes).digest('hex')
