import { createHash } from 'node:crypto'
import type { StreamBatch } from '@writ/contracts'
import { sourceOf } from './data-source.ts'
import type { Database } from './data-source.ts'

/** Why a batch is put aside: `fork` and `unknown-tenant` as ingestion says, `unsound` when it does not hold in itself. */
export type QuarantineReason = 'unsound' | 'unknown-node' | 'unknown-tenant' | 'fork'

/** Keeps the whole batch for an investigation, once however often it comes. `detail` never holds content of a record. */
export async function quarantine(
  database: Database,
  batch: StreamBatch,
  why: { readonly reason: QuarantineReason; readonly detail: string },
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(batch))
  await sourceOf(database).query(
    `insert into writ.audit_quarantine (sha256, claimed_node, claimed_stream, from_seq, reason, detail, batch)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [
      createHash('sha256').update(bytes).digest('hex'),
      batch.node,
      batch.stream,
      batch.fromSeq,
      why.reason,
      why.detail,
      bytes,
    ],
  )
}
