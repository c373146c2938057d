import { z } from 'zod'

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

/** Cuts the one row too many that tells whether there is a next page. Ask for `limit + 1` rows, ordered by id. */
export function pageOfRows<Row extends { readonly id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  return { items: shown.map(view), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
}
