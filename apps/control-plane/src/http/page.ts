import { z } from 'zod'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Query of a list: `after` is the `next` of the page before. */
export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: z
    .string()
    .max(64)
    .regex(/^[0-9A-Za-z_]*$/)
    .default(''),
})
export type ListQuery = z.infer<typeof ListQuery>

export type Page<Item> = { readonly items: Item[]; readonly next: string | null }

/** What a list consists of: a statement that ends in its `where`, the column that it is ordered by, and what `$2` and on mean in it. */
export type Listed = { readonly select: string; readonly id: string; readonly given?: readonly unknown[] }

/** One page of a list of a tenant: as many as are asked for, or as many as one answer has room for. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the statement answers with is what `view` reads
export async function readPage<Row extends { readonly id: string }, Item>(
  db: TenantDb,
  { select, id, given = [] }: Listed,
  { limit, after }: ListQuery,
  view: (row: Row) => Item,
): Promise<Page<Item>> {
  const place = given.length + 2
  const sql = `${select} and ${id} > $${place} order by ${id} limit $${place + 1}`
  const { rows, isMore } = await rowsWithin<Row>(limit, (last, most) =>
    db.rows<Row>(sql, [...given, last?.id ?? after, most]),
  )
  return { items: rows.map(view), next: isMore ? (rows.at(-1)?.id ?? null) : null }
}

/** So many characters of JSON the rows of one answer have, but for the last of them: whoever lists the largest that there are keeps nobody waiting. */
const ROOM = 4 * 1024 * 1024
const ROWS_AT_ONCE = 50

/**
 * Rows for one answer, a few at a time.
 * @param more those that follow the last one at hand, at most so many
 */
export async function rowsWithin<Row>(
  limit: number,
  more: (last: Row | undefined, most: number, taken: number) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly isMore: boolean }> {
  const rows: Row[] = []
  for (let room = ROOM; ;) {
    const most = room > 0 ? Math.min(ROWS_AT_ONCE, limit + 1 - rows.length) : 1
    const next = await more(rows.at(-1), most, rows.length)
    for (const row of next) {
      if (room <= 0 || rows.length === limit) return { rows, isMore: true }
      rows.push(row)
      room -= JSON.stringify(row).length
    }
    if (next.length < most) return { rows, isMore: false }
  }
}

/** Cuts the one row too many that tells whether there is a next page. Ask for `limit + 1` rows, ordered by id. */
export function pageOfRows<Row extends { readonly id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  return { items: shown.map(view), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
}
