import type { AuditIndex, CountQuery, LeafQuery, LeafRange, StoredLeaf } from '@writ/audit'
import type { RecordCounts, TenantId } from '@writ/contracts'
import { literal } from './client.ts'
import type { ClickHouse } from './client.ts'
import { markRow, rowOf } from './leaf-row.ts'
import { countIn, counts, countsOfValues, find, integer, keptOf, leafAt, page, times } from './questions.ts'
import type { Before, Candidates, Table, TimesQuery } from './questions.ts'

/** What an index apart from the ledger must be told besides its leaves, and what it can be asked so that the ledger shows the records. */
export interface ApartIndex extends AuditIndex {
  /**
   * The ledger does not have these leaves any more: those that are here go, and nobody waits for the others. ClickHouse removes them a
   * moment later.
   * @throws when leaves before them are missing
   */
  forget(tenant: TenantId, range: LeafRange): Promise<void>
  /**
   * Removes what is here of these leaves; those that are not loaded yet are left out. ClickHouse does it a moment later, so whoever must
   * know asks `holds` until it is so.
   */
  remove(tenant: TenantId, ranges: readonly LeafRange[]): Promise<void>
  /** Whether any of these leaves is here. */
  holds(tenant: TenantId, ranges: readonly LeafRange[]): Promise<boolean>
  /** Everything of the tenant goes, its place too, a moment later. For a tenant that does not come back: what is loaded meanwhile stays. */
  drop(tenant: TenantId): Promise<void>
  /** The leaf as it is here; null when it is not. */
  leaf(tenant: TenantId, leafIndex: number): Promise<StoredLeaf | null>
  /** Which leaves may match: whoever has the ledger looks at each. */
  find(tenant: TenantId, query: LeafQuery & Before): Promise<Candidates>
  counts(tenant: TenantId, query: CountQuery & Before): Promise<RecordCounts>
  countsOfValues: CountsOfValues
  times(
    tenant: TenantId,
    query: TimesQuery,
  ): Promise<{ readonly step: number; readonly outcome: string; readonly records: number }[]>
}

type CountsOfValues = (
  tenant: TenantId,
  query: Omit<CountQuery, 'most'> & Before & { readonly values: readonly string[] },
) => Promise<RecordCounts['values']>

/** Tenants whose place is remembered. */
const MOST_PLACES = 10_000

/**
 * The index in one table of ClickHouse: made from the ledger alone, by whoever loads it, and dropped and made again without loss.
 * @param name what `currentTable` said
 */
export function createClickHouseIndex(clickHouse: ClickHouse, name: string): ApartIndex {
  const table: Table = { clickHouse, name }
  const placed = new Map<TenantId, number>()
  const loaded = (tenant: TenantId) => loadedTo(table, placed, tenant)
  return {
    load: async (tenant, leaves) => load(table, tenant, { leaves, from: await loaded(tenant) }),
    loadedTo: loaded,
    forget: async (tenant, range) => forget(table, tenant, { range, loaded: await loaded(tenant) }),
    remove: async (tenant, ranges) => remove(table, tenant, { ranges, loaded: await loaded(tenant) }),
    holds: (tenant, ranges) => holds(table, tenant, ranges),
    drop: async (tenant) => {
      placed.delete(tenant)
      await clickHouse.run(`ALTER TABLE ${name} DELETE WHERE tenant = ${literal(tenant)}`)
    },
    leaf: (tenant, leafIndex) => leafAt(table, tenant, leafIndex),
    page: (tenant, query) => page(table, tenant, query),
    find: (tenant, query) => find(table, tenant, query),
    counts: (tenant, query) => counts(table, tenant, query),
    countsOfValues: (tenant, query) => countsOfValues(table, tenant, query),
    times: (tenant, query) => times(table, tenant, query),
  }
}

const insertInto = (name: string): string => `INSERT INTO ${name} FORMAT RowBinary`

async function load(
  { clickHouse, name }: Table,
  tenant: TenantId,
  { leaves, from }: { readonly leaves: readonly StoredLeaf[]; readonly from: number },
): Promise<void> {
  const fresh = leaves.filter(({ leafIndex }) => leafIndex >= from)
  if (fresh.some(({ leafIndex }, at) => leafIndex !== from + at))
    throw new Error(`the index wants leaf ${from} next`)
  // One statement for each partition, in order: of each all rows are there or none, so nothing is ever missing below `loadedTo`.
  for (const rows of byMonth(fresh))
    await clickHouse.run(insertInto(name), Buffer.concat(rows.map((leaf) => rowOf(tenant, leaf))))
}

function byMonth(leaves: readonly StoredLeaf[]): StoredLeaf[][] {
  const parts: StoredLeaf[][] = []
  let month = ''
  for (const leaf of leaves) {
    const own = leaf.ingestedAt.toISOString().slice(0, 7)
    if (own === month) parts.at(-1)?.push(leaf)
    else parts.push([leaf])
    month = own
  }
  return parts
}

// A mark stands in the place of the last of them, so that `loadedTo` never becomes less.
async function forget(
  table: Table,
  tenant: TenantId,
  { range, loaded }: { readonly range: LeafRange; readonly loaded: number },
): Promise<void> {
  const { from, to } = checked(range)
  if (from > loaded) throw new Error('the index lacks leaves before these')
  await table.clickHouse.run(insertInto(table.name), markRow(tenant, to - 1))
  if (from < loaded) await deleteLeaves(table, tenant, [range])
}

async function remove(
  table: Table,
  tenant: TenantId,
  { ranges, loaded }: { readonly ranges: readonly LeafRange[]; readonly loaded: number },
): Promise<void> {
  const here = ranges
    .map(checked)
    .filter(({ from }) => from < loaded)
    .map(({ from, to }) => ({ from, to: Math.min(to, loaded) }))
  if (here.length === 0) return
  // Of the mutations to come none may make `loadedTo` less, so the mark is there first.
  await table.clickHouse.run(
    insertInto(table.name),
    markRow(tenant, here.reduce((last, { to }) => Math.max(last, to), 0) - 1),
  )
  for (const some of inPieces(here)) await deleteLeaves(table, tenant, some)
}

const deleteLeaves = (
  { clickHouse, name }: Table,
  tenant: TenantId,
  ranges: readonly LeafRange[],
): Promise<void> =>
  clickHouse.run(`ALTER TABLE ${name} DELETE WHERE ${keptOf(tenant)} AND ${withinOf(ranges)}`)

async function holds(
  { clickHouse, name }: Table,
  tenant: TenantId,
  ranges: readonly LeafRange[],
): Promise<boolean> {
  for (const some of inPieces(ranges.map(checked))) {
    const rows = await clickHouse.rows(
      `SELECT leaf FROM ${name} WHERE ${keptOf(tenant)} AND ${withinOf(some)} LIMIT 1`,
    )
    if (rows.length > 0) return true
  }
  return false
}

const withinOf = (ranges: readonly LeafRange[]): string =>
  `(${ranges.map(({ from, to }) => `(leaf >= ${from} AND leaf < ${to})`).join(' OR ')})`

const RANGES_AT_ONCE = 200

const inPieces = (ranges: readonly LeafRange[]): LeafRange[][] =>
  Array.from({ length: Math.ceil(ranges.length / RANGES_AT_ONCE) }, (_, at) =>
    ranges.slice(at * RANGES_AT_ONCE, (at + 1) * RANGES_AT_ONCE),
  )

function checked({ from, to }: LeafRange): LeafRange {
  if (integer(from) < 0 || integer(to) <= from) throw new RangeError('no range of leaves')
  return { from, to }
}

/** From the place that it knew: the rows before it are not read again for this. */
async function loadedTo(table: Table, placed: Map<TenantId, number>, tenant: TenantId): Promise<number> {
  const known = placed.get(tenant) ?? 0
  const last =
    (await lastFrom(table, tenant, known - 1)) ?? (known > 0 ? await lastFrom(table, tenant, 0) : null)
  const place = last === null ? 0 : last + 1
  if (placed.size >= MOST_PLACES) placed.clear()
  placed.set(tenant, place)
  return place
}

async function lastFrom({ clickHouse, name }: Table, tenant: TenantId, from: number): Promise<number | null> {
  const [row] = await clickHouse.rows<{ rows: string; last: string }>(
    `SELECT count() AS rows, max(leaf) AS last FROM ${name} WHERE tenant = ${literal(tenant)} AND leaf >= ${Math.max(0, from)}`,
  )
  return row === undefined || countIn(row.rows) === 0 ? null : countIn(row.last)
}
