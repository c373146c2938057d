import { matchesFilter, termsAsked, termsOf, valuesOf } from '@writ/audit'
import type { AuditIndex, CountQuery, LeafPage, LeafQuery, StoredLeaf } from '@writ/audit'
import { AuditRecord, CountedField } from '@writ/contracts'
import type { RecordCounts, RecordFilter, TenantId } from '@writ/contracts'
import { literal } from './client.ts'
import type { ClickHouse } from './client.ts'
import { rowBinary } from './row-binary.ts'

const DAY_MS = 86_400_000

/**
 * The table of the index. A leaf that was loaded twice is one row after a merge, and reads do not wait for that. SQL of 2018, so that the
 * packages of distributions serve too.
 */
export const prepareClickHouse = (clickHouse: ClickHouse): Promise<void> =>
  clickHouse.run(`
    CREATE TABLE IF NOT EXISTS writ_records (
      day Date, tenant String, leaf UInt64, ingested UInt64, at UInt64, kind String, decision String,
      terms Array(Int32), digests Array(String), fields Array(String), texts Array(String), bytes String
    ) ENGINE = ReplacingMergeTree() PARTITION BY toYYYYMM(day) ORDER BY (tenant, leaf) SETTINGS index_granularity = 256`)

/** Leaves from `from` to before `to`. */
export type LeafRange = { readonly from: number; readonly to: number }

/** What an index apart from the ledger must be told besides its leaves. */
export interface ApartIndex extends AuditIndex {
  /**
   * The ledger does not have these leaves any more: those that are here go, and nobody waits for the others. ClickHouse removes them a
   * moment later.
   * @throws when leaves before them are missing
   */
  forget(tenant: TenantId, range: LeafRange): Promise<void>
}

/** The index in ClickHouse: made from the ledger alone, by whoever loads it, and dropped and made again without loss. */
export const createClickHouseIndex = (clickHouse: ClickHouse): ApartIndex => ({
  forget: (tenant, range) => forget(clickHouse, tenant, range),
  load: (tenant, leaves) => load(clickHouse, tenant, leaves),
  loadedTo: (tenant) => loadedTo(clickHouse, tenant),
  page: (tenant, query) => page(clickHouse, tenant, query),
  counts: (tenant, query) => counts(clickHouse, tenant, query),
})

async function load(clickHouse: ClickHouse, tenant: TenantId, leaves: readonly StoredLeaf[]): Promise<void> {
  const from = await loadedTo(clickHouse, tenant)
  const fresh = leaves.filter(({ leafIndex }) => leafIndex >= from)
  if (fresh.some(({ leafIndex }, at) => leafIndex !== from + at))
    throw new Error(`the index wants leaf ${from} next`)
  // One statement for each partition, in order: of each all rows are there or none, so nothing is ever missing below `loadedTo`.
  for (const rows of byMonth(fresh))
    await clickHouse.run(INSERT, Buffer.concat(rows.map((leaf) => rowOf(tenant, leaf))))
}

const INSERT = 'INSERT INTO writ_records FORMAT RowBinary'

// A mark stands in the place of the last of them, so that `loadedTo` never becomes less.
async function forget(clickHouse: ClickHouse, tenant: TenantId, { from, to }: LeafRange): Promise<void> {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to <= from)
    throw new RangeError('no range of leaves')
  if (from > (await loadedTo(clickHouse, tenant))) throw new Error('the index lacks leaves before these')
  const mark = { leafIndex: to - 1, bytes: Buffer.alloc(0), ingestedAt: new Date(0) }
  await clickHouse.run(INSERT, bareRow(tenant, mark, 'removed'))
  await clickHouse.run(
    `ALTER TABLE writ_records DELETE
      WHERE tenant = ${literal(tenant)} AND leaf >= ${from} AND leaf < ${to} AND kind != 'removed'`,
  )
}

/** Marks are no leaves. */
const keptOf = (tenant: TenantId): string => `tenant = ${literal(tenant)} AND kind != 'removed'`

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

function rowOf(tenant: TenantId, leaf: StoredLeaf): Buffer {
  const record = recordIn(leaf.bytes)
  return record ? readRow(tenant, leaf, record) : bareRow(tenant, leaf, 'unreadable')
}

function readRow(
  tenant: TenantId,
  { leafIndex, bytes, ingestedAt }: StoredLeaf,
  record: AuditRecord,
): Buffer {
  const counted = CountedField.options.flatMap((field) =>
    valuesOf(record, field).map((text) => ({ field, text })),
  )
  const digests = [record.request?.sha256, record.response?.sha256].flatMap((digest) => digest ?? [])
  return rowBinary([
    { uint16: Math.floor(ingestedAt.getTime() / DAY_MS) },
    { bytes: Buffer.from(tenant) },
    { uint64: leafIndex },
    { uint64: ingestedAt.getTime() },
    { uint64: Math.max(0, Date.parse(record.at)) },
    { bytes: Buffer.from(record.kind) },
    { bytes: Buffer.from(record.decisionId) },
    { int32s: termsOf(record) },
    { texts: digests },
    { texts: counted.map(({ field }) => field) },
    { texts: counted.map(({ text }) => text) },
    { bytes },
  ])
}

/** A leaf of which nothing is known but its place, and perhaps its bytes. */
const bareRow = (
  tenant: TenantId,
  { leafIndex, bytes, ingestedAt }: StoredLeaf,
  kind: 'unreadable' | 'removed',
): Buffer =>
  rowBinary([
    { uint16: Math.floor(ingestedAt.getTime() / DAY_MS) },
    { bytes: Buffer.from(tenant) },
    { uint64: leafIndex },
    { uint64: ingestedAt.getTime() },
    { uint64: ingestedAt.getTime() },
    { bytes: Buffer.from(kind) },
    { bytes: Buffer.alloc(0) },
    { int32s: [] },
    { texts: [] },
    { texts: [] },
    { texts: [] },
    { bytes },
  ])

async function loadedTo(clickHouse: ClickHouse, tenant: TenantId): Promise<number> {
  const [row] = await clickHouse.rows<{ rows: string; last: string }>(
    `SELECT count() AS rows, max(leaf) AS last FROM writ_records WHERE tenant = ${literal(tenant)}`,
  )
  return row === undefined || Number(row.rows) === 0 ? 0 : Number(row.last) + 1
}

type LeafRow = {
  readonly leaf: string
  readonly ingested: string
  readonly kind: string
  readonly bytes: string
}

async function page(clickHouse: ClickHouse, tenant: TenantId, query: LeafQuery): Promise<LeafPage> {
  const { filter, order, limit } = query
  const places = await placesOf(clickHouse, tenant, query)
  const shown = places.slice(0, limit)
  const rows = shown.length === 0 ? [] : await leavesAt(clickHouse, tenant, shown)
  // A term is a hash, so the record itself is asked too.
  const leaves = rows.filter((row) => isAskedFor(row, filter)).map(leafOf)
  return {
    leaves: order === 'oldest' ? leaves : leaves.toReversed(),
    next: places.length > limit ? (shown.at(-1) ?? null) : null,
  }
}

/** Which leaves may match, without the bytes: those are most of the table, and only a page of them is wanted. */
async function placesOf(
  clickHouse: ClickHouse,
  tenant: TenantId,
  { filter, order, limit, after }: LeafQuery,
): Promise<number[]> {
  const beyond = after === undefined ? '' : `AND leaf ${order === 'oldest' ? '>' : '<'} ${integer(after)}`
  const rows = await clickHouse.rows<{ leaf: string }>(
    `SELECT leaf FROM writ_records WHERE ${keptOf(tenant)} ${beyond} ${conditionsOf(filter)}
      ORDER BY leaf ${order === 'oldest' ? 'ASC' : 'DESC'} LIMIT 1 BY leaf LIMIT ${integer(limit) + 1}`,
  )
  return rows.map(({ leaf }) => Number(leaf))
}

/** In leaf order. Few rows at a time, because of what is read around each of them. */
const leavesAt = (clickHouse: ClickHouse, tenant: TenantId, leaves: readonly number[]): Promise<LeafRow[]> =>
  clickHouse.rows(
    `SELECT leaf, ingested, kind, hex(bytes) AS bytes FROM writ_records
      PREWHERE leaf IN (${leaves.join(',')}) WHERE ${keptOf(tenant)} ORDER BY leaf ASC LIMIT 1 BY leaf
      SETTINGS max_block_size = 1024`,
  )

function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError('a place in the log is a whole number')
  return value
}

async function counts(
  clickHouse: ClickHouse,
  tenant: TenantId,
  { filter, field, most }: CountQuery,
): Promise<RecordCounts> {
  const among = `FROM writ_records`
  const where = `WHERE ${keptOf(tenant)} AND kind != 'unreadable' ${conditionsOf(filter)}`
  const [all] = await clickHouse.rows<{ records: string }>(
    `SELECT uniqExact(leaf) AS records ${among} ${where}`,
  )
  const values = await clickHouse.rows<{ value: string; records: string }>(
    `SELECT value, uniqExact(leaf) AS records ${among} ARRAY JOIN fields AS field, texts AS value
      ${where} AND field = ${literal(field)} GROUP BY value ORDER BY records DESC, value ASC LIMIT ${integer(most)}`,
  )
  return {
    field,
    of: Number(all?.records ?? 0),
    values: values.map(({ value, records }) => ({ value, records: Number(records) })),
    cut: null,
  }
}

/** What a row must fulfil, and may fulfil without matching: two values may have one term. */
function conditionsOf(filter: RecordFilter): string {
  const { decision, sha256, from, until, ...fields } = filter
  const isUnreadable = filter.kind === 'unreadable'
  const terms = termsAsked(isUnreadable ? { ...fields, kind: undefined } : fields)
  const conditions = [
    isUnreadable && `kind = 'unreadable'`,
    terms.length > 0 && `hasAll(terms, [${terms.join(',')}])`,
    decision !== undefined && `startsWith(decision, ${literal(decision)})`,
    sha256 !== undefined && `has(digests, ${literal(sha256)})`,
    from !== undefined && !isUnreadable && `at >= ${Math.max(0, Date.parse(from))}`,
    until !== undefined && !isUnreadable && `at < ${Math.max(0, Date.parse(until))}`,
  ].filter((condition) => condition !== false)
  return conditions.map((condition) => `AND ${condition}`).join(' ')
}

function isAskedFor(row: LeafRow, filter: RecordFilter): boolean {
  if (row.kind !== 'unreadable') {
    const record = recordIn(leafOf(row).bytes)
    return record !== null && matchesFilter(record, filter)
  }
  const { kind: _kind, from: _from, until: _until, ...others } = filter
  return Object.values(others).every((value) => value === undefined)
}

const leafOf = ({ leaf, ingested, bytes }: LeafRow): StoredLeaf => ({
  leafIndex: Number(leaf),
  bytes: Buffer.from(bytes, 'hex'),
  ingestedAt: new Date(Number(ingested)),
})

function recordIn(bytes: Uint8Array): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return null
  }
}
