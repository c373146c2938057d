import type { AuditRecord, RecordQuery, RecordView } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { leavesAt, searchLeaves } from './record-search.ts'
import type { FoundLeaf } from './record-search.ts'

export type RecordPage = { readonly items: RecordView[]; readonly next: string | null }

/**
 * One page of the tenant's records, in the order of the log or the other way.
 * @throws DamagedRecord when a stored record can no longer be read; `readEvidence` and verification still name it
 */
export async function queryRecords(manager: EntityManager, query: RecordQuery): Promise<RecordPage> {
  const { order, limit, after, ...filter } = query
  const { leaves, next } = await searchLeaves(manager, { filter, order, limit, after })
  return { items: leaves.map(viewOf), next: next === null ? null : String(next) }
}

/** The record of one leaf; null where there is none, or retention removed it. @throws as above */
export async function recordAt(manager: EntityManager, leafIndex: number): Promise<RecordView | null> {
  const [leaf] = await leavesAt(manager, [leafIndex])
  return leaf === undefined ? null : viewOf(leaf)
}

/** A stored record that was readable once and is no more: an answer without it would hide the damage. */
export class DamagedRecord extends Error {
  override readonly name = 'DamagedRecord'

  constructor(readonly leafIndex: number) {
    super(`the stored record ${leafIndex} cannot be read: verify the evidence`)
  }
}

/** Null for what could not be read when it came. @throws DamagedRecord */
export function recordOf({ leafIndex, kind, record }: FoundLeaf): AuditRecord | null {
  if (record === null && kind !== 'unreadable') throw new DamagedRecord(leafIndex)
  return record
}

/** As the API shows it. @throws DamagedRecord */
export const viewOf = (leaf: FoundLeaf): RecordView => ({
  leafIndex: leaf.leafIndex,
  ingestedAt: leaf.ingestedAt.toISOString(),
  bytes: Buffer.from(leaf.bytes).toString('utf8'),
  record: recordOf(leaf),
})
