import { termsAsked } from '@writ/audit'
import type { RecordFilter } from '@writ/contracts'

/** `sql` begins with `and`, or is empty; columns are those of writ.records, unqualified. */
export type Conditions = { readonly sql: string; readonly values: readonly unknown[] }

/**
 * What rows of writ.records that a filter asks for have in common, with parameters from `$first` on. It may let a few too many through:
 * each record is then looked at with `matchesFilter`. Nothing of the filter stands in the text of the statement.
 */
export function recordConditions(filter: RecordFilter, first: number): Conditions {
  const terms = termsAsked(filter)
  return numbered(first, [
    terms.length > 0 && ['(terms is null or terms @> $::integer[])', terms],
    filter.kind !== undefined && ['kind = $', filter.kind],
    filter.decision !== undefined && ['decision_id >= $', filter.decision],
    // '~' is behind every character that ids are made of.
    filter.decision !== undefined && ['decision_id <= $', `${filter.decision}~`],
    filter.sha256 !== undefined && [
      "position(convert_to($, 'UTF8') in bytes) > 0",
      // Of a request or a response: the hash of a bundle has another member behind it.
      `"sha256":"${filter.sha256}","sizeBytes":`,
    ],
    filter.from !== undefined && ['occurred_at >= $', filter.from],
    filter.until !== undefined && ['occurred_at < $', filter.until],
  ])
}

/** The same of those that are counted without being looked at: a record that could not be read has nothing that a filter asks for. */
export function countedConditions(filter: RecordFilter, first: number): Conditions {
  const { sql, values } = recordConditions(filter, first)
  const { kind, from: _from, until: _until, ...others } = filter
  const asked = { ...others, kind: kind === 'unreadable' ? undefined : kind }
  const isOfRecord = Object.values(asked).some((value) => value !== undefined)
  return { sql: isOfRecord ? `and terms is not null ${sql}` : sql, values }
}

/** The same of blocks of records: those in which there may be one. */
export function blockConditions(filter: RecordFilter, first: number): Conditions {
  const terms = termsAsked(filter)
  return numbered(first, [
    terms.length > 0 && ['(terms is null or terms @> $::integer[])', terms],
    filter.from !== undefined && ['last_at >= $', filter.from],
    filter.until !== undefined && ['first_at < $', filter.until],
  ])
}

type Condition = readonly [sql: string, value: unknown]

function numbered(first: number, conditions: readonly (Condition | false)[]): Conditions {
  const given = conditions.filter((condition) => condition !== false)
  return {
    sql: given.map(([sql], at) => `and ${sql.replace('$', () => `$${first + at}`)}`).join(' '),
    values: given.map(([, value]) => value),
  }
}
