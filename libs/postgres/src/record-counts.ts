import { termOf, termRangeOf, valuesOf } from '@writ/audit'
import type { CountQuery } from '@writ/audit'
import { AuditRecord } from '@writ/contracts'
import type { CountedField, RecordCounts, RecordFilter, RecordTimes, RecordTimesQuery } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { BLOCK_LEAVES } from './record-blocks.ts'
import { countedConditions } from './record-conditions.ts'
import { recordIn, startWalk } from './record-search.ts'
import type { Walk } from './record-search.ts'
import { DamagedRecord } from './records.ts'

// The limits in the statements below change nothing: they tell Postgres to go by the order of the log, block by block.
/** What was not counted after so long is left out, and the answer says from where on. */
const COUNT_MS = 600

type Tally = { records: number; block: number }

/**
 * How many records have which value, the newest first looked at. Two values are counted as one where they have the same term: one pair
 * in 67 million.
 * @throws DamagedRecord where no record says any more which value it was that was counted
 */
export async function countRecords(
  manager: EntityManager,
  { filter, field, most }: CountQuery,
): Promise<RecordCounts> {
  const tallies = new Map<number, Tally>()
  let of = 0
  const cut = await throughBlocks(manager, filter, async (blocks) => {
    const rows = await (isEverything(filter) ? summedUp : counted)(manager, { filter, field, blocks })
    for (const { term, records, block } of rows)
      if (term === null) of += records
      else tallies.set(term, { records: (tallies.get(term)?.records ?? 0) + records, block })
  })
  const values = [...tallies].toSorted(([, one], [, other]) => other.records - one.records).slice(0, most)
  return { field, of, values: await named(manager, field, values), cut }
}

/** How many records ended how in each step of a stretch of time. */
export async function timesOfRecords(
  manager: EntityManager,
  { steps, ...filter }: RecordTimesQuery,
): Promise<RecordTimes> {
  const [fromMs, untilMs] = [Date.parse(filter.from), Date.parse(filter.until)]
  const stepMs = Math.max(1, Math.ceil((untilMs - fromMs) / steps))
  const found: Record<string, number>[] = Array.from({ length: steps }, () => ({}))
  const cut = await throughBlocks(manager, filter, async (blocks) => {
    for (const { step, outcome, records } of await (isOfTime(filter) ? steppedUp : stepped)(manager, {
      filter,
      blocks,
      stepMs,
    })) {
      const outcomes = found[step]
      if (outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + records
    }
  })
  const times = found.map((outcomes, at) => ({
    from: new Date(fromMs + at * stepMs).toISOString(),
    outcomes,
  }))
  return { stepSeconds: stepMs / 1000, steps: times.filter(({ from }) => Date.parse(from) < untilMs), cut }
}

/** @returns the oldest leaf that was looked at, where time was over before all were; null: all were */
async function throughBlocks(
  manager: EntityManager,
  filter: RecordFilter,
  look: (blocks: readonly number[]) => Promise<void>,
): Promise<number | null> {
  const walk: Walk = await startWalk(manager, filter, { order: 'newest' })
  const overMs = performance.now() + COUNT_MS
  for (let blocks = await walk.next(); blocks.length > 0; blocks = await walk.next()) {
    await look(blocks)
    walk.pass(null)
    if (walk.place !== null && performance.now() > overMs) return walk.place
  }
  return null
}

type Looked = {
  readonly filter: RecordFilter
  readonly field: CountedField
  readonly blocks: readonly number[]
}
type TermRow = { readonly term: number | null; readonly records: number; readonly block: number }

/** The row without a term is of all records. */
function counted(manager: EntityManager, { filter, field, blocks }: Looked): Promise<TermRow[]> {
  const { sql, values } = countedConditions(filter, 5)
  return manager.query(
    `with leaves as materialized (
       select b.block, r.terms from unnest($1::bigint[]) as b (block) cross join lateral (
         select terms from writ.records where tenant_id = app.tid() and leaf_index >= b.block * $4::bigint
           and leaf_index < (b.block + 1) * $4::bigint ${sql} order by leaf_index limit $4) as r)
     select null::integer as term, count(*)::float8 as records, 0::float8 as block from leaves
     union all
     select term, count(*)::float8, max(block)::float8 from leaves, unnest(terms) as term where term between $2 and $3 group by term`,
    [blocks, ...termRangeOf(field), BLOCK_LEAVES, ...values],
  )
}

const isEverything = (filter: RecordFilter): boolean =>
  Object.values(filter).every((value) => value === undefined)

/** Of whole blocks what was counted when they were summed up; of the others, their records. */
async function summedUp(manager: EntityManager, looked: Looked): Promise<TermRow[]> {
  const { field, blocks } = looked
  const whole: { block: number }[] = await manager.query(
    `select block::float8 as block from writ.record_blocks where tenant_id = app.tid() and block = any($1::bigint[]) and counts is not null`,
    [blocks],
  )
  const known = new Set(whole.map(({ block }) => block))
  const others = blocks.filter((block) => !known.has(block))
  const rows: TermRow[] = await manager.query(
    `with blocks as materialized (
       select block, terms, counts from writ.record_blocks where tenant_id = app.tid() and block = any($1::bigint[]))
     select null::integer as term, coalesce(sum(n), 0)::float8 as records, 0::float8 as block
       from blocks, unnest(terms, counts) as of (term, n) where term between $4 and $5
     union all
     select term, sum(n)::float8, max(block)::float8 from blocks, unnest(terms, counts) as of (term, n)
      where term between $2 and $3 group by term`,
    [[...known], ...termRangeOf(field), ...termRangeOf('kind')],
  )
  return others.length === 0 ? rows : [...rows, ...(await counted(manager, { ...looked, blocks: others }))]
}

type Stepped = {
  readonly filter: RecordFilter & Pick<RecordTimesQuery, 'from' | 'until'>
  readonly blocks: readonly number[]
  readonly stepMs: number
}
type StepRow = { readonly step: number; readonly outcome: string; readonly records: number }

function stepped(manager: EntityManager, { filter, blocks, stepMs }: Stepped): Promise<StepRow[]> {
  const { sql, values } = countedConditions(filter, 5)
  return manager.query(
    `select ${STEP('r.occurred_at')} as step, r.outcome, count(*)::float8 as records
       from unnest($1::bigint[]) as b (block) cross join lateral (
         select occurred_at, outcome from writ.records where tenant_id = app.tid() and leaf_index >= b.block * $4::bigint
           and leaf_index < (b.block + 1) * $4::bigint ${sql} order by leaf_index limit $4) as r group by 1, 2`,
    [blocks, filter.from, stepMs, BLOCK_LEAVES, ...values],
  )
}

const isOfTime = (filter: RecordFilter): boolean =>
  isEverything({ ...filter, from: undefined, until: undefined })

const OUTCOMES = new Map(
  AuditRecord.shape.outcome.options.map((outcome) => [termOf('outcome', outcome), outcome]),
)

/** Of blocks that lie in one step what was counted when they were summed up; of the others, their records. */
async function steppedUp(manager: EntityManager, stretch: Stepped): Promise<StepRow[]> {
  const { filter, blocks, stepMs } = stretch
  const rows: { block: number; step: number; term: number; records: number }[] = await manager.query(
    `select b.block::float8 as block, b.step, of.term, of.n::float8 as records from (
       select block, terms, counts, ${STEP('first_at')} as step from writ.record_blocks
        where tenant_id = app.tid() and block = any($1::bigint[]) and counts is not null and first_at >= $2 and last_at < $4
          and ${STEP('first_at')} = ${STEP('last_at')}) as b, unnest(b.terms, b.counts) as of (term, n)
      where of.term between $5 and $6`,
    [blocks, filter.from, stepMs, filter.until, ...termRangeOf('outcome')],
  )
  const known = new Set(rows.map(({ block }) => block))
  const others = blocks.filter((block) => !known.has(block))
  return [
    ...rows.map(({ term, ...row }) => ({ ...row, outcome: OUTCOMES.get(term) ?? 'unknown' })),
    ...(others.length === 0 ? [] : await stepped(manager, { ...stretch, blocks: others })),
  ]
}

const STEP = (column: string): string =>
  `floor(extract(epoch from ${column} - $2::timestamptz) * 1000 / $3::float8)::integer`

type Tallied = readonly (readonly [term: number, Tally])[]

/** Where the first record no longer says what its term is of, so many are looked at. */
const MOST_LOOKED_AT = 20

/** A term says which value it is of by a record that has it. @throws DamagedRecord where none of them says so any more */
async function named(
  manager: EntityManager,
  field: CountedField,
  tallies: Tallied,
): Promise<RecordCounts['values']> {
  const names = await namesOf(manager, field, { tallies, most: 1 })
  const mute = tallies.filter(([term]) => names.get(term)?.value === undefined && names.has(term))
  const others = await namesOf(manager, field, { tallies: mute, most: MOST_LOOKED_AT })
  return tallies.flatMap(([term, { records }]) => {
    const name = others.get(term) ?? names.get(term)
    if (name === undefined) return []
    if (name.value === undefined) throw new DamagedRecord(name.leaf)
    return [{ value: name.value, records }]
  })
}

type Name = { readonly leaf: number; readonly value: string | undefined }

/** Nothing of a term whose records retention removed. */
async function namesOf(
  manager: EntityManager,
  field: CountedField,
  { tallies, most }: { readonly tallies: Tallied; readonly most: number },
): Promise<ReadonlyMap<number, Name>> {
  if (tallies.length === 0) return new Map()
  const rows: { term: number; leaf: number; bytes: Buffer }[] = await manager.query(
    `select asked.term, r.leaf_index::float8 as leaf, r.bytes from unnest($1::integer[], $2::bigint[]) as asked (term, block) cross join lateral (
       select leaf_index, bytes from writ.records where tenant_id = app.tid() and leaf_index >= asked.block * $3::bigint
         and leaf_index < (asked.block + 1) * $3::bigint and terms @> array[asked.term] limit $4) as r`,
    [tallies.map(([term]) => term), tallies.map(([, { block }]) => block), BLOCK_LEAVES, most],
  )
  const names = new Map<number, Name>()
  for (const { term, leaf, bytes } of rows)
    if (names.get(term)?.value === undefined) names.set(term, { leaf, value: valueOf(bytes, field, term) })
  return names
}

function valueOf(bytes: Buffer, field: CountedField, term: number): string | undefined {
  const record = recordIn(bytes)
  return record === null ? undefined : valuesOf(record, field).find((value) => termOf(field, value) === term)
}
