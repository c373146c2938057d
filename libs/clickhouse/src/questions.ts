import { matchesFilter, termsAsked } from '@writ/audit'
import type { CountQuery, LeafPage, LeafQuery, StoredLeaf } from '@writ/audit'
import type { CountedField, RecordCounts, RecordFilter, TenantId } from '@writ/contracts'
import { literal } from './client.ts'
import type { ClickHouse } from './client.ts'
import { recordIn } from './leaf-row.ts'

/** The table that is asked. */
export type Table = { readonly clickHouse: ClickHouse; readonly name: string }

/** Leaves that may match, in the order asked for: two values may have one term, so each is to be looked at. `next` as in `LeafPage`. */
export type Candidates = { readonly leaves: readonly number[]; readonly next: number | null }

/** `before`: of the leaves before this one only. */
export type Before = { readonly before?: number }

/** Marks are no leaves. */
export const keptOf = (tenant: TenantId): string => `tenant = ${literal(tenant)} AND kind != 'removed'`

export function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError('a place in the log is a whole number')
  return value
}

/** A number as ClickHouse writes it. @throws for anything else: who answers is not ours */
export function countIn(text: string): number {
  if (!/^\d{1,16}$/.test(text)) throw new RangeError('this is no number of ClickHouse')
  return integer(Number(text))
}

/** A text as ClickHouse writes it. @throws likewise */
function textIn(text: unknown): string {
  if (typeof text !== 'string') throw new RangeError('this is no text of ClickHouse')
  return text
}

export async function page(table: Table, tenant: TenantId, query: LeafQuery): Promise<LeafPage> {
  const { filter, order } = query
  const { leaves: shown, next } = await find(table, tenant, query)
  const rows = shown.length === 0 ? [] : await leavesAt(table, tenant, shown)
  // A term is a hash, so the record itself is asked too.
  const leaves = rows.filter((row) => isAskedFor(row, filter)).map(leafOf)
  return { leaves: order === 'oldest' ? leaves : leaves.toReversed(), next }
}

/** Which leaves may match, without the bytes: those are most of the table. */
export async function find(
  { clickHouse, name }: Table,
  tenant: TenantId,
  { filter, order, limit, after, before }: LeafQuery & Before,
): Promise<Candidates> {
  const beyond = after === undefined ? '' : `AND leaf ${order === 'oldest' ? '>' : '<'} ${integer(after)}`
  const rows = await clickHouse.rows<{ leaf: string }>(
    `SELECT leaf FROM ${name} WHERE ${keptOf(tenant)} ${beyond} ${boundOf(before)} ${conditionsOf(filter)}
      ORDER BY leaf ${order === 'oldest' ? 'ASC' : 'DESC'} LIMIT 1 BY leaf LIMIT ${integer(limit) + 1}`,
  )
  const leaves = rows.slice(0, limit).map(({ leaf }) => countIn(leaf))
  return { leaves, next: rows.length > limit ? (leaves.at(-1) ?? null) : null }
}

type LeafRow = {
  readonly leaf: string
  readonly ingested: string
  readonly kind: string
  readonly bytes: string
}

/** In leaf order. Few rows at a time, because of what is read around each of them. */
const leavesAt = (
  { clickHouse, name }: Table,
  tenant: TenantId,
  leaves: readonly number[],
): Promise<LeafRow[]> =>
  clickHouse.rows(
    `SELECT leaf, ingested, kind, hex(bytes) AS bytes FROM ${name}
      PREWHERE leaf IN (${leaves.join(',')}) WHERE ${keptOf(tenant)} ORDER BY leaf ASC LIMIT 1 BY leaf
      SETTINGS max_block_size = 1024`,
  )

/** The one leaf, if it is there. */
export async function leafAt(table: Table, tenant: TenantId, leafIndex: number): Promise<StoredLeaf | null> {
  const [row] = await leavesAt(table, tenant, [integer(leafIndex)])
  return row ? leafOf(row) : null
}

export async function counts(
  table: Table,
  tenant: TenantId,
  query: CountQuery & Before,
): Promise<RecordCounts> {
  const { clickHouse, name } = table
  const [all] = await clickHouse.rows<{ records: string }>(
    `SELECT uniqExact(leaf) AS records FROM ${name} ${countedOf(tenant, query)}`,
  )
  const values = await valuesIn(
    table,
    `${countedOf(tenant, query)} AND field = ${literal(query.field)}
      GROUP BY value ORDER BY records DESC, value ASC LIMIT ${integer(query.most)}`,
  )
  return { field: query.field, of: countIn(all?.records ?? '0'), values, cut: null }
}

/** How many records have each of these values of a field. Values that none has are left out. */
export async function countsOfValues(
  table: Table,
  tenant: TenantId,
  query: Omit<CountQuery, 'most'> & Before & { readonly values: readonly string[] },
): Promise<RecordCounts['values']> {
  const found: RecordCounts['values'] = []
  for (const values of inStatements(query.values.map(literal)))
    found.push(
      ...(await valuesIn(
        table,
        `${countedOf(tenant, query)} AND field = ${literal(query.field)} AND value IN (${values.join(',')}) GROUP BY value`,
      )),
    )
  return found
}

/** ClickHouse takes statements of 256 KiB. */
const LITERALS_LENGTH = 60_000

function inStatements(literals: readonly string[]): string[][] {
  const statements: string[][] = []
  let length = Infinity
  for (const one of literals) {
    length += one.length + 1
    if (length > LITERALS_LENGTH) {
      statements.push([])
      length = one.length
    }
    statements.at(-1)?.push(one)
  }
  return statements
}

async function valuesIn({ clickHouse, name }: Table, rest: string): Promise<RecordCounts['values']> {
  const rows = await clickHouse.rows<{ value: string; records: string }>(
    `SELECT value, uniqExact(leaf) AS records FROM ${name} ARRAY JOIN fields AS field, texts AS value ${rest}`,
  )
  return rows.map(({ value, records }) => ({ value: textIn(value), records: countIn(records) }))
}

export type TimesQuery = {
  readonly filter: RecordFilter
  readonly fromMs: number
  readonly stepMs: number
} & Before

/** How many records ended how in which step of time, counted from `fromMs`. */
export async function times(
  { clickHouse, name }: Table,
  tenant: TenantId,
  query: TimesQuery,
): Promise<{ readonly step: number; readonly outcome: string; readonly records: number }[]> {
  const outcome: CountedField = 'outcome'
  const rows = await clickHouse.rows<{ step: string; outcome: string; records: string }>(
    `SELECT intDiv(at - ${integer(query.fromMs)}, ${integer(query.stepMs)}) AS step,
        texts[indexOf(fields, ${literal(outcome)})] AS outcome, uniqExact(leaf) AS records
       FROM ${name} ${countedOf(tenant, query)} AND at >= ${integer(query.fromMs)} GROUP BY step, outcome`,
  )
  return rows.map((row) => ({
    outcome: textIn(row.outcome),
    step: countIn(row.step),
    records: countIn(row.records),
  }))
}

const countedOf = (
  tenant: TenantId,
  { filter, before }: Before & { readonly filter: RecordFilter },
): string => `WHERE ${keptOf(tenant)} AND kind != 'unreadable' ${boundOf(before)} ${conditionsOf(filter)}`

const boundOf = (before: number | undefined): string =>
  before === undefined ? '' : `AND leaf < ${integer(before)}`

/**
 * What a row must fulfil, and may fulfil without matching: two values may have one term. Of bytes that were no record when they were read nothing
 * is known here, and perhaps everything in the ledger, where what was kept beside a record finds it when its bytes are damaged: any filter finds them.
 */
function conditionsOf({ decision, sha256, from, until, ...fields }: RecordFilter): string {
  const terms = termsAsked(fields)
  const conditions = [
    terms.length > 0 && `hasAll(terms, [${terms.join(',')}])`,
    decision !== undefined && `startsWith(decision, ${literal(decision)})`,
    sha256 !== undefined && `has(digests, ${literal(sha256)})`,
    from !== undefined && `at >= ${Math.max(0, Date.parse(from))}`,
    until !== undefined && `at < ${Math.max(0, Date.parse(until))}`,
  ].filter((condition) => condition !== false)
  return conditions.length === 0 ? '' : `AND (kind = 'unreadable' OR (${conditions.join(' AND ')}))`
}

/** Of what could not be read only when it came. */
function isAskedFor(row: LeafRow, filter: RecordFilter): boolean {
  if (row.kind !== 'unreadable') {
    const record = recordIn(leafOf(row).bytes)
    return record !== null && matchesFilter(record, filter)
  }
  const { kind, from, until, ...others } = filter
  const atMs = Number(row.ingested)
  return (
    [undefined, row.kind].includes(kind) &&
    (from === undefined || atMs >= Date.parse(from)) &&
    (until === undefined || atMs < Date.parse(until)) &&
    Object.values(others).every((value) => value === undefined)
  )
}

const leafOf = ({ leaf, ingested, bytes }: LeafRow): StoredLeaf => ({
  leafIndex: countIn(leaf),
  bytes: Buffer.from(bytes, 'hex'),
  ingestedAt: new Date(Number(ingested)),
})
