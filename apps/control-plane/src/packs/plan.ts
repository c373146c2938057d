import type { LeafQuery } from '@writ/audit'
import { PackQuery } from '@writ/contracts'
import type { RecordFilter } from '@writ/contracts'
import { searchLeaves } from '@writ/postgres'
import type { FoundPage } from '@writ/postgres'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { Runs } from './runs.ts'
import type { PackRow } from './store.ts'
import { PackImpossible } from './work.ts'
import type { PackPlan, PackWork } from './work.ts'

/** A filter that finds more is asked for in parts: each row carries a proof, and the list of them is in memory. */
const MOST_FOUND = 2_000_000
const ROWS_AT_ONCE = 500

type Range = { readonly from: number; readonly to: number }

/** What is in a pack: the range that the query means in the log as it was at the request, and of a filter the leaves that it finds. */
export async function planOf(work: PackWork, row: PackRow, treeSize: number): Promise<PackPlan> {
  const query = PackQuery.parse(JSON.parse(row.query))
  const range = await work.inTenant((db) => rangeOf(db, query, row.log_size))
  const leaves = query.filter === undefined ? null : await leavesOf(work, query.filter, range)
  return { id: row.id, kind: row.kind, query, ...range, treeSize, disclosed: row.disclosed, leaves }
}

/** @throws PackImpossible when nothing of it is kept */
async function rangeOf(db: TenantDb, { leaves, time }: PackQuery, logSize: number): Promise<Range> {
  if (time !== undefined) return rangeOfTime(db, time, logSize)
  const from = leaves?.from ?? (await firstKept(db))
  const to = leaves?.to ?? logSize
  if (from === null || from >= to) throw new PackImpossible('none of these records is kept any more')
  return { from, to }
}

async function firstKept(db: TenantDb): Promise<number | null> {
  const first = await db.first<{ leaf: number | null }>(
    'select min(leaf_index)::float8 as leaf from writ.records where tenant_id = $1',
  )
  return first?.leaf ?? null
}

/** @throws PackImpossible when there is no record of that time */
async function rangeOfTime(
  db: TenantDb,
  { since, until }: NonNullable<PackQuery['time']>,
  logSize: number,
): Promise<Range> {
  const found = await db.first<{ from: number | null; to: number | null }>(
    `select min(leaf_index)::float8 as from, max(leaf_index)::float8 + 1 as to from writ.records
      where tenant_id = $1 and leaf_index < $2 and occurred_at >= $3 and occurred_at < $4`,
    [logSize, since ?? '-infinity', until ?? 'infinity'],
  )
  const [from, to] = [found?.from ?? null, found?.to ?? null]
  if (from === null || to === null) throw new PackImpossible('the log holds no record of that time')
  return { from, to }
}

/** @throws PackImpossible when they are too many */
async function leavesOf(work: PackWork, filter: RecordFilter, { from, to }: Range): Promise<Runs> {
  const leaves = new Runs()
  for (let after: number | null = from - 1; after !== null;) {
    await work.tell('search', after + 1 - from, to - from)
    const query: LeafQuery = { filter, order: 'oldest', after, limit: ROWS_AT_ONCE }
    const page: FoundPage = await work.inTenant(({ manager }) => searchLeaves(manager, query))
    for (const { leafIndex } of page.leaves) if (leafIndex < to) leaves.add(leafIndex)
    if (leaves.count > MOST_FOUND)
      throw new PackImpossible(`more than ${MOST_FOUND} records match: ask for them in parts`)
    after = page.next !== null && page.next < to - 1 ? page.next : null
  }
  return leaves
}
