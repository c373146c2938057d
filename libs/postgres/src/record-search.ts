import { matchesFilter } from '@writ/audit'
import type { LeafPage, LeafQuery, StoredLeaf } from '@writ/audit'
import { AuditRecord } from '@writ/contracts'
import type { RecordFilter, RecordOrder } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { BLOCK_LEAVES } from './record-blocks.ts'
import { blockConditions, recordConditions } from './record-conditions.ts'

/** One leaf of the log, and the record in it; null where it could not be read when it came, or can no longer be. */
export type FoundLeaf = StoredLeaf & { readonly kind: string; readonly record: AuditRecord | null }
export type FoundPage = Omit<LeafPage, 'leaves'> & { readonly leaves: readonly FoundLeaf[] }

/** A page is over after so long, wherever it is by then. */
const PAGE_MS = 400
const FIRST_BLOCKS = 2
const MOST_BLOCKS = 64
/** After a look that took longer than this the next one is of no more blocks: records may be large, and one statement is not to be a page. */
const QUICK_MS = 100
/** From so much of a decision id on few records are left of a log, whatever its size: about a quarter of an hour. */
const KNOWN_ID = 'dec_'.length + 6

/**
 * One page of the tenant's log. Blocks in which there may be a match are looked through one after the other, few at first; a page that
 * has been looking for 400 ms ends where it is, and `next` goes on from there.
 */
export async function searchLeaves(manager: EntityManager, query: LeafQuery): Promise<FoundPage> {
  if ((query.filter.decision?.length ?? 0) >= KNOWN_ID) return ofDecisions(manager, query)
  const walk = await startWalk(manager, query.filter, query)
  const untilMs = performance.now() + PAGE_MS
  const found: FoundLeaf[] = []
  while (walk.place !== null) {
    const blocks = await walk.next()
    if (blocks.length === 0) return { leaves: found, next: null }
    found.push(
      ...(await lookThrough(manager, query, walk, { blocks, wanted: query.limit + 1 - found.length })),
    )
    if (found.length >= query.limit || performance.now() > untilMs) break
  }
  return found.length > query.limit ? pageOf(found, query.limit) : { leaves: found, next: walk.place }
}

async function lookThrough(
  manager: EntityManager,
  query: LeafQuery,
  walk: Walk,
  { blocks, wanted }: { readonly blocks: readonly number[]; readonly wanted: number },
): Promise<FoundLeaf[]> {
  if (walk.place === null) return []
  const rows = await leavesIn(manager, query, { blocks, place: walk.place, limit: wanted })
  walk.pass(rows.length === wanted ? (rows.at(-1)?.leafIndex ?? null) : null)
  return rows.map(readLeaf).filter((leaf) => isAskedFor(leaf, query.filter))
}

/**
 * Whether a leaf that fulfils the conditions of the filter is what it asks for. One that could not be read when it came is only if nothing
 * is asked of its record. One that no longer can be is: what was kept beside it when it came fulfils them, and left out it would be hidden.
 */
const isAskedFor = ({ record, kind }: FoundLeaf, filter: RecordFilter): boolean => {
  if (record !== null) return filter.kind !== 'unreadable' && matchesFilter(record, filter)
  if (kind !== 'unreadable') return true
  const others = { ...filter, kind: undefined, from: undefined, until: undefined }
  return (
    [undefined, kind].includes(filter.kind) && Object.values(others).every((value) => value === undefined)
  )
}

const pageOf = (found: readonly FoundLeaf[], limit: number): FoundPage => {
  const leaves = found.slice(0, limit)
  return { leaves, next: found.length > limit ? (leaves.at(-1)?.leafIndex ?? null) : null }
}

/**
 * The way through the blocks of a log, from one end to the other. `place`: the leaf that was passed last; null: there are no more.
 * `pass` without a leaf: the whole of the blocks was looked through.
 */
export type Walk = {
  readonly place: number | null
  readonly next: () => Promise<readonly number[]>
  readonly pass: (leaf: number | null) => void
}

/** @param from which end, and the leaf after which it begins */
export async function startWalk(
  manager: EntityManager,
  filter: RecordFilter,
  { order, after }: { readonly order: RecordOrder; readonly after?: number | undefined },
): Promise<Walk> {
  const { size, summedUp } = await ends(manager)
  const isUp = order === 'oldest'
  const edge = isUp ? -1 : size
  let place: number | null = after ?? edge
  let taken: readonly number[] = []
  let most = FIRST_BLOCKS
  let lookedMs = 0
  const nextBlocks = async (beyond: number): Promise<readonly number[]> => {
    const first = Math.floor((isUp ? beyond + 1 : Math.min(beyond, size) - 1) / BLOCK_LEAVES)
    const tail = tailBlocks({ first, size, summedUp, isUp }, most)
    if (tail.length > 0 && !isUp) return tail
    const { sql, values } = blockConditions(filter, 3)
    // By the column: `block` alone would be the number that is selected, of which there is no index, and every block would be looked at.
    const rows: { block: number }[] = await manager.query(
      `select b.block::float8 as block from writ.record_blocks as b where tenant_id = app.tid() and b.block ${isUp ? '>=' : '<='} $1 ${sql}
        order by b.block ${isUp ? 'asc' : 'desc'} limit $2`,
      [first, most, ...values],
    )
    return rows.length > 0 ? rows.map(({ block }) => block) : tail
  }
  return {
    get place() {
      return place
    },
    next: async () => {
      taken = place === null ? [] : await nextBlocks(place)
      lookedMs = performance.now()
      return taken
    },
    pass: (leaf) => {
      const last = taken.at(-1)
      place = leaf ?? (last === undefined ? null : isUp ? (last + 1) * BLOCK_LEAVES - 1 : last * BLOCK_LEAVES)
      if (leaf === null && performance.now() - lookedMs < QUICK_MS) most = Math.min(most * 4, MOST_BLOCKS)
      if (place !== null && (isUp ? place >= size - 1 : place <= 0)) place = null
    },
  }
}

/** How many leaves the log counts, and how many blocks of it are summed up. */
async function ends(manager: EntityManager): Promise<{ size: number; summedUp: number }> {
  const [row] = await manager.query(
    `select coalesce((select size from writ.tenant_logs where tenant_id = app.tid()), 0)::float8 as size,
            coalesce((select max(block) + 1 from writ.record_blocks where tenant_id = app.tid()), 0)::float8 as "summedUp"`,
  )
  return row
}

type Tail = {
  readonly first: number
  readonly size: number
  readonly summedUp: number
  readonly isUp: boolean
}

/** Blocks that are not summed up yet: all of them may hold anything. */
function tailBlocks({ first, size, summedUp, isUp }: Tail, most: number): number[] {
  const last = Math.floor((size - 1) / BLOCK_LEAVES)
  const from = isUp ? Math.max(first, summedUp) : Math.min(first, last)
  const count = isUp ? last - from + 1 : from - summedUp + 1
  return Array.from({ length: Math.max(0, Math.min(count, most)) }, (_, at) => (isUp ? from + at : from - at))
}

type Stretch = { readonly blocks: readonly number[]; readonly place: number; readonly limit: number }
type Row = {
  readonly leafIndex: number
  readonly ingestedAt: Date
  readonly kind: string
  readonly bytes: Buffer
}

function leavesIn(
  manager: EntityManager,
  { filter, order }: LeafQuery,
  { blocks, place, limit }: Stretch,
): Promise<Row[]> {
  const { sql, values } = recordConditions(filter, 5)
  const [beyond, direction] = order === 'oldest' ? ['>', 'asc'] : ['<', 'desc']
  return manager.query(
    `select r.* from unnest($1::bigint[]) as b (block) cross join lateral (
       select ${LEAF} from writ.records where tenant_id = app.tid() and leaf_index >= b.block * $4::bigint
         and leaf_index < (b.block + 1) * $4::bigint and leaf_index ${beyond} $2::bigint ${sql} order by leaf_index ${direction} limit $3) as r
     order by r."leafIndex" ${direction} limit $3`,
    [blocks, place, limit, BLOCK_LEAVES, ...values],
  )
}

const LEAF = 'leaf_index::float8 as "leafIndex", ingested_at as "ingestedAt", kind, bytes'

/**
 * The newest leaves of a kind and a time, the newest first, without their records: block by block, as a page is found.
 * @returns at most so many; `isCut`: there may be more
 */
export async function newestLeaves(
  manager: EntityManager,
  filter: Pick<RecordFilter, 'kind' | 'from' | 'until'>,
  { most, lookMs }: { readonly most: number; readonly lookMs: number },
): Promise<{ readonly leaves: readonly number[]; readonly isCut: boolean }> {
  const walk = await startWalk(manager, filter, { order: 'newest' })
  const { sql, values } = recordConditions(filter, 4)
  const overMs = performance.now() + lookMs
  const leaves: number[] = []
  for (let blocks = await walk.next(); blocks.length > 0; blocks = await walk.next()) {
    const rows: { leaf: number }[] = await manager.query(
      `select r.leaf from unnest($1::bigint[]) as b (block) cross join lateral (
         select leaf_index::float8 as leaf from writ.records where tenant_id = app.tid() and leaf_index >= b.block * $3::bigint
           and leaf_index < (b.block + 1) * $3::bigint ${sql} order by leaf_index desc limit $2) as r order by r.leaf desc limit $2`,
      [blocks, most + 1 - leaves.length, BLOCK_LEAVES, ...values],
    )
    leaves.push(...rows.map(({ leaf }) => leaf))
    walk.pass(null)
    const isOver = walk.place !== null && performance.now() > overMs
    if (leaves.length > most || isOver) return { leaves: leaves.slice(0, most), isCut: true }
  }
  return { leaves, isCut: false }
}

async function ofDecisions(manager: EntityManager, query: LeafQuery): Promise<FoundPage> {
  const { filter, order, limit } = query
  const { sql, values } = recordConditions(filter, 3)
  const [beyond, direction] = order === 'oldest' ? ['>', 'asc'] : ['<', 'desc']
  const rows: Row[] = await manager.query(
    `select ${LEAF} from writ.records where tenant_id = app.tid() and leaf_index ${beyond} $1::bigint ${sql}
      order by leaf_index ${direction} limit $2`,
    [query.after ?? (order === 'oldest' ? -1 : Number.MAX_SAFE_INTEGER), limit + 1, ...values],
  )
  const found = rows.map(readLeaf).filter((leaf) => isAskedFor(leaf, filter))
  const page = pageOf(found, limit)
  const isMore = rows.length > limit && page.next === null
  return isMore ? { ...page, next: rows.at(-1)?.leafIndex ?? null } : page
}

/** The leaves with these indexes that there are and that the filter asks for, in order. */
export async function leavesAt(
  manager: EntityManager,
  indexes: readonly number[],
  filter: RecordFilter = {},
): Promise<readonly FoundLeaf[]> {
  const { sql, values } = recordConditions(filter, 2)
  const rows: Row[] = await manager.query(
    `select ${LEAF} from writ.records where tenant_id = app.tid() and leaf_index = any($1::bigint[]) ${sql} order by leaf_index`,
    [indexes, ...values],
  )
  return rows.map(readLeaf).filter((leaf) => isAskedFor(leaf, filter))
}

/** What once stopped the intake is not tried again here. */
const readLeaf = (row: Row): FoundLeaf => ({
  ...row,
  record: row.kind === 'unreadable' ? null : recordIn(row.bytes),
})

/** Null for bytes that are no record. */
export function recordIn(bytes: Buffer): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    return null
  }
}
