import type { Evidence, Fault } from '@writ/contracts'
import type { Row } from './evidence-row.ts'
import { faultAt } from './fault.ts'

/** A node signs a head about a second after a record; one that is older by more than this is not the newest that it signed. */
const MAX_HEAD_LAG_MS = 5 * 60_000

/**
 * A stream with records has a signed head, and not one from long before its newest record: else its tail could be left out
 * unseen. Both times are of the node's own clock, so a node that is gone for years leaves a stream that holds.
 */
export function reachFaults({ head }: Evidence['streams'][number], rows: readonly Row[]): Fault[] {
  const last = latest(rows, (row) => row.place.seq)
  if (last === null) return []
  if (head === null)
    return [faultAt(last.place, 'completeness', 'no signed head shows where the stream of this record ends')]
  const newest = latest(rows, timeOf)
  if (newest === null || timeOf(newest) - Date.parse(head.at) <= MAX_HEAD_LAG_MS) return []
  return [
    faultAt(
      newest.place,
      'completeness',
      'the newest signed head is more than 5 minutes older than this record',
    ),
  ]
}

const timeOf = (row: Row): number => row.atMs ?? Number.NEGATIVE_INFINITY

const latest = (rows: readonly Row[], measure: (row: Row) => number): Row | null =>
  rows.reduce<Row | null>((most, row) => (most === null || measure(row) > measure(most) ? row : most), null)
