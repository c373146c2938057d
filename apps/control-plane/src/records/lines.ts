import type { LeafQuery } from '@writ/audit'
import type { AuditRecord, RecordFilter, RecordLine } from '@writ/contracts'
import { recordOf } from '@writ/postgres'
import type { FoundLeaf } from '@writ/postgres'
import type { RecordSearch } from '../record-index/record-search.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** A record of the log that could be read. */
export type ReadLeaf = { readonly leafIndex: number; readonly record: AuditRecord }

/** Without those that could not be read when they came. @throws DamagedRecord for one that no longer can be: left out it would be hidden */
export const readLeavesOf = (leaves: readonly FoundLeaf[]): ReadLeaf[] =>
  leaves.flatMap((leaf) => {
    const record = recordOf(leaf)
    return record ? [{ leafIndex: leaf.leafIndex, record }] : []
  })

/** The newest leaves that match, at most so many, oldest first; `isCut`: there may be more. @throws DamagedRecord */
export async function newestOf(
  search: RecordSearch,
  db: TenantDb,
  filter: RecordFilter,
  most: number,
): Promise<{ readonly leaves: readonly ReadLeaf[]; readonly isCut: boolean }> {
  const found: ReadLeaf[] = []
  const overMs = performance.now() + LOOK_MS
  let query: LeafQuery = { filter, order: 'newest', limit: Math.min(most, 500) }
  do {
    const { leaves, next } = await search.leaves(db, query)
    found.push(...readLeavesOf(leaves))
    if (next === null || found.length >= most)
      return { leaves: found.slice(0, most).toReversed(), isCut: next !== null || found.length > most }
    query = { ...query, limit: Math.min(most - found.length, 500), after: next }
  } while (performance.now() < overMs)
  return { leaves: found.toReversed(), isCut: true }
}

/** Nothing more is begun after so long: a person waits. */
const LOOK_MS = 400

export const lineOf = ({ leafIndex, record }: ReadLeaf): RecordLine => ({
  leafIndex,
  decision: record.decisionId,
  kind: record.kind,
  at: record.at,
  agent: record.agent?.id ?? null,
  session: record.session,
  ...actionOf(record),
  outcome: record.outcome,
  refusal: record.refusal,
})

const actionOf = ({ action, local }: AuditRecord): Pick<RecordLine, 'tool' | 'class' | 'resource'> => ({
  tool: action?.tool ?? local?.tool ?? null,
  class: action?.class ?? null,
  resource: action?.resource ?? null,
})
