import type { Fault } from '@writ/contracts'
import { STREAM_START } from '@writ/contracts'
import type { Row } from './evidence-row.ts'
import { faultAt } from './fault.ts'
import { grouped } from './grouped.ts'

/** A hash that a node signed for one record of the stream. */
export type SignedHash = { readonly seq: number; readonly sha256: string }

/** `sound`: a signature reaches it. `altered`: it is not what was signed. `unproven`: nothing sound names it. */
type Standing = 'sound' | 'altered' | 'unproven'
type Judged = { readonly row: Row; readonly standing: Standing }

/**
 * Walks a stream backwards: a signed hash proves one record, and a proven record proves the one before it by naming
 * its hash. So a break is blamed on the record that was changed, not on the one that notices it.
 * @param rows the records of the stream by sequence number
 */
export function chainFaults(rows: ReadonlyMap<number, Row>, signed: readonly SignedHash[]): Fault[] {
  const hashes = grouped(signed, (hash) => hash.seq)
  const faults: Fault[] = []
  let successor: Judged | null = null
  for (const [seq, row] of [...rows].toSorted(([a], [b]) => b - a)) {
    const next: Judged | null = successor?.row.place.seq === seq + 1 ? successor : null
    const own = (hashes.get(seq) ?? []).map((hash) => hash.sha256)
    const verdict = judge(row, own, next)
    faults.push(...verdict.faults)
    successor = { row, standing: verdict.standing }
  }
  return [...faults.toReversed(), ...startFaults(rows.get(0))]
}

type Verdict = { readonly standing: Standing; readonly faults: readonly Fault[] }

function judge(row: Row, own: readonly string[], next: Judged | null): Verdict {
  if (own.some((sha256) => sha256 !== row.sha256)) return altered(row)
  const named = next?.row.prev === row.sha256
  if (own.length > 0) return { standing: 'sound', faults: named || next === null ? [] : strayFaults(next) }
  if (next?.standing === 'sound') return named ? { standing: 'sound', faults: [] } : altered(row)
  return { standing: 'unproven', faults: named ? [] : [unproven(row)] }
}

const altered = (row: Row): Verdict => ({
  standing: 'altered',
  faults: [
    faultAt(row.place, 'chain', 'the record is not the one that was signed; those before it rest on it'),
  ],
})

const unproven = (row: Row): Fault =>
  faultAt(row.place, 'chain', 'no signature reaches the record, nor those before it that rest on it')

const strayFaults = (next: Judged): Fault[] =>
  next.standing === 'sound'
    ? [faultAt(next.row.place, 'chain', 'the record does not follow the one before it')]
    : []

const startFaults = (first: Row | undefined): Fault[] =>
  first === undefined || first.prev === STREAM_START
    ? []
    : [faultAt(first.place, 'chain', 'the first record of the stream does not begin it')]
