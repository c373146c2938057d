import type { RecordQuery, RecordView } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { leavesAt, searchLeaves } from './record-search.ts'
import type { FoundLeaf } from './record-search.ts'

export type RecordPage = { readonly items: RecordView[]; readonly next: string | null }

/**
 * One page of the tenant's records, in the order of the log or the other way.
 * @throws when a stored record can no longer be read; `readEvidence` and verification still name it
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

/** As the API shows it. @throws when the record was readable once and is no more */
export function viewOf({ leafIndex, ingestedAt, bytes, kind, record }: FoundLeaf): RecordView {
  if (record === null && kind !== 'unreadable')
    throw new Error(`the stored record ${leafIndex} cannot be read: verify the evidence`)
  return {
    leafIndex,
    ingestedAt: ingestedAt.toISOString(),
    bytes: Buffer.from(bytes).toString('utf8'),
    record,
  }
}
