import type { AuditRecord, Evidence, Fault } from '@writ/contracts'
import type { Place } from './fault.ts'
import { faultAt, isFault } from './fault.ts'
import { sideOf } from './maker.ts'
import { hashOf, readRecord } from './record.ts'

/** One stored record of an evidence, read as far as it can be read. */
export type Row = {
  readonly place: Place & { readonly stream: string; readonly seq: number; readonly leafIndex: number }
  readonly sha256: string
  /** hash of the predecessor that the record names; null when it cannot be read */
  readonly prev: string | null
  /** when it happened, by the clock of its node; null when the record cannot be read */
  readonly atMs: number | null
  /** who makes such a record; null where that says nothing, or it cannot be read */
  readonly side: ReturnType<typeof sideOf>
  readonly faults: readonly Fault[]
}

/** Reads one stored record; what is wrong with it alone stands in `faults`. */
export function readRow(stored: Evidence['records'][number]): Row {
  const record = readRecord(stored.bytes)
  const { stream, seq, leafIndex } = stored
  const place = { stream, seq, leafIndex, decisionId: claimed(stored.bytes, DECISION) }
  const read = { place, sha256: hashOf(stored.bytes), prev: claimed(stored.bytes, PREVIOUS) }
  if (isFault(record)) return { ...read, atMs: null, side: null, faults: [{ ...record, ...place }] }
  return {
    ...read,
    atMs: Date.parse(record.at),
    side: sideOf(record),
    faults: misplacedFaults(place, record),
  }
}

function misplacedFaults(place: Row['place'], record: AuditRecord): Fault[] {
  if (record.stream !== place.stream) return [faultAt(place, 'form', 'the record is of another stream')]
  if (record.seq !== place.seq)
    return [faultAt(place, 'sequence', `the record has sequence number ${record.seq}`)]
  return []
}

const DECISION = /"decisionId":"(dec_[0-9A-Z]{26})"/
const PREVIOUS = /"prev":"([0-9a-f]{64})"/

/** What a record says of itself, also when it can no longer be parsed: a damaged record must still be named. */
const claimed = (bytes: string, member: RegExp): string | null => member.exec(bytes)?.[1] ?? null
