import type { AuditRecord, Json, JsonObject, RecordedDecision } from '@writ/contracts'
import { canonical } from './canonical.ts'

/** The longest record that a batch may carry, in UTF-8 bytes. */
export const MAX_RECORD_BYTES = 65_536

/** Signal that says that something was left out of a record to make it fit. */
export const CUT_SIGNAL = 'record.cut'

const LONGEST_TEXT = 256

/**
 * Canonical bytes of a record, cut until they fit: long texts first (an agent can name a very long resource), then
 * matches and signals from the end. A record is never refused for its size, and a cut shows: a text that was cut ends in
 * an ellipsis, and a decision of a cut record has `CUT_SIGNAL` among its signals.
 */
export function fitRecord(record: AuditRecord): string {
  const whole = canonical(record)
  if (fits(whole)) return whole
  for (let kept = 64; kept > 0; kept = Math.floor(kept / 2)) {
    const bytes = canonical(cutTo(record, kept))
    if (fits(bytes)) return bytes
  }
  throw new RangeError('the record does not fit even without its matches')
}

const fits = (bytes: string): boolean => Buffer.byteLength(bytes) <= MAX_RECORD_BYTES

function cutTo(record: AuditRecord, kept: number): JsonObject {
  return {
    ...cutMembers(record),
    outbound: cutDecision(record.outbound, kept),
    inbound: cutDecision(record.inbound, kept),
  }
}

function cutDecision(decision: RecordedDecision | null, kept: number): Json {
  if (decision === null) return null
  const signals = [...decision.signals.slice(0, kept), CUT_SIGNAL]
  return cutMembers({ ...decision, matches: decision.matches.slice(0, kept), signals })
}

function cutMembers(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, member]) => [key, cutTexts(member)]))
}

function cutTexts(value: Json): Json {
  if (typeof value === 'string')
    return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value
  if (value === null || typeof value !== 'object') return value
  return isList(value) ? value.map(cutTexts) : cutMembers(value)
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
