import { valuesOf } from '@writ/audit'
import type { CountQuery, LeafQuery } from '@writ/audit'
import type { AuditRecord, RecordCounts, RecordFilter, RecordTimes, RecordTimesQuery } from '@writ/contracts'
import { leavesAt, searchLeaves } from '@writ/postgres'
import type { FoundLeaf, FoundPage } from '@writ/postgres'
import { ofIndex } from './index-view.ts'
import type { IndexView } from './index-view.ts'

// Each answer has two parts: what the index has read, and the few leaves behind it, which are read in the ledger.

const TAIL_AT_ONCE = 500

/** A page of the log, without a gap between the two parts. */
export function leavesWith(view: IndexView, query: LeafQuery): Promise<FoundPage> {
  return query.order === 'oldest' ? oldestWith(view, query) : newestWith(view, query)
}

async function oldestWith(view: IndexView, query: LeafQuery): Promise<FoundPage> {
  const { db, readTo, size } = view
  if ((query.after ?? -1) >= readTo - 1) return searchLeaves(db.manager, query)
  const head = await headOf(view, query)
  if (head.next !== null) return head
  const room = query.limit - head.leaves.length
  if (room <= 0) return { ...head, next: readTo < size ? readTo - 1 : null }
  const tail = await searchLeaves(db.manager, { ...query, limit: room, after: readTo - 1 })
  return { leaves: [...head.leaves, ...tail.leaves], next: tail.next }
}

async function newestWith(view: IndexView, query: LeafQuery): Promise<FoundPage> {
  const { readTo } = view
  const { after = Infinity, limit, filter } = query
  const behind = after > readTo ? await tailOf(view, filter) : []
  const tail = behind.filter(({ leafIndex }) => leafIndex < after).toReversed()
  if (tail.length >= limit) {
    const leaves = tail.slice(0, limit)
    const last = leaves.at(-1)?.leafIndex ?? 0
    return { leaves, next: last > 0 ? last : null }
  }
  if (readTo === 0) return { leaves: tail, next: null }
  const head = await headOf(view, { ...query, limit: limit - tail.length })
  return { leaves: [...tail, ...head.leaves], next: head.next }
}

/** What the index finds, shown by the ledger: what is gone there, or is not what was asked for, is left out. */
async function headOf({ db, index, tenant, readTo }: IndexView, query: LeafQuery): Promise<FoundPage> {
  const { leaves: places, next } = await ofIndex(() => index.find(tenant, { ...query, before: readTo }))
  const leaves = places.length === 0 ? [] : await leavesAt(db.manager, places, query.filter)
  return { leaves: query.order === 'oldest' ? leaves : leaves.toReversed(), next }
}

/** What matches behind the place of the index, oldest first. */
async function tailOf({ db, readTo }: IndexView, filter: RecordFilter): Promise<FoundLeaf[]> {
  const found: FoundLeaf[] = []
  for (let after: number | null = readTo - 1; after !== null;) {
    const page: FoundPage = await searchLeaves(db.manager, {
      filter,
      order: 'oldest',
      limit: TAIL_AT_ONCE,
      after,
    })
    found.push(...page.leaves)
    after = page.next
  }
  return found
}

const recordsBehind = async (view: IndexView, filter: RecordFilter): Promise<AuditRecord[]> =>
  (await tailOf(view, filter)).flatMap(({ record }) => record ?? [])

export async function countsWith(view: IndexView, query: CountQuery): Promise<RecordCounts> {
  const { index, tenant, readTo } = view
  const { field, filter, most } = query
  const records = await recordsBehind(view, filter)
  const behind = tallied(records.flatMap((record) => [...new Set(valuesOf(record, field))]))
  const head = await ofIndex(() => index.counts(tenant, { ...query, before: readTo }))
  const counted = new Map(head.values.map(({ value, records: n }) => [value, n]))
  // What is among the most frequent only with what is behind has to be counted in the index as well.
  const values = [...behind.keys()].filter((value) => !counted.has(value))
  const others = await ofIndex(() => index.countsOfValues(tenant, { filter, field, values, before: readTo }))
  for (const { value, records: n } of others) counted.set(value, n)
  for (const [value, n] of behind) counted.set(value, (counted.get(value) ?? 0) + n)
  return {
    field,
    of: head.of + records.length,
    values: [...counted]
      .map(([value, n]) => ({ value, records: n }))
      .toSorted((one, other) => other.records - one.records || (one.value < other.value ? -1 : 1))
      .slice(0, most),
    cut: null,
  }
}

function tallied(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

export async function timesWith(
  view: IndexView,
  { steps, ...filter }: RecordTimesQuery,
): Promise<RecordTimes> {
  const { index, tenant, readTo } = view
  const [fromMs, untilMs] = [Date.parse(filter.from), Date.parse(filter.until)]
  const stepMs = Math.max(1, Math.ceil((untilMs - fromMs) / steps))
  const found: Record<string, number>[] = Array.from({ length: steps }, () => ({}))
  const add = (step: number, outcome: string, records: number) => {
    const outcomes = found[step]
    if (outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + records
  }
  const head = await ofIndex(() => index.times(tenant, { filter, fromMs, stepMs, before: readTo }))
  for (const { step, outcome, records } of head) add(step, outcome, records)
  for (const { at, outcome } of await recordsBehind(view, filter))
    add(Math.floor((Date.parse(at) - fromMs) / stepMs), outcome, 1)
  const times = found.map((outcomes, at) => ({
    from: new Date(fromMs + at * stepMs).toISOString(),
    outcomes,
  }))
  return {
    stepSeconds: stepMs / 1000,
    steps: times.filter(({ from }) => Date.parse(from) < untilMs),
    cut: null,
  }
}
