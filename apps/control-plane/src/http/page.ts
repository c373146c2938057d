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

/** One page of a list of a tenant. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the statement answers with is what `view` reads
export async function readPage<Row extends { readonly id: string }, Item>(
  db: TenantDb,
  { select, id, given = [] }: Listed,
  { limit, after }: ListQuery,
  view: (row: Row) => Item,
): Promise<Page<Item>> {
  const place = given.length + 2
  const sql = `${select} and ${id} > $${place} order by ${id} limit $${place + 1}`
  return pageOfRows(await db.rows<Row>(sql, [...given, after, limit + 1]), limit, view)
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
