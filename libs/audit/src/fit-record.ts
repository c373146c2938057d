import type { Json, JsonObject, RecordFlag } from '@writ/contracts'
import { isSealed } from '@writ/contracts'
import { canonical } from './canonical.ts'

/** The longest record that a batch may carry, in UTF-8 bytes. */
export const MAX_RECORD_BYTES = 65_536

/** Signal that says that something was left out of a record to make it fit. */
export const CUT_SIGNAL = 'record.cut'

const TRUNCATED: RecordFlag = 'truncated'
const LONGEST_TEXT = 256

/**
 * The canonical text of a record, cut until it fits: long texts first (an agent can name a very long resource), then
 * matches and signals from the end. A record is never refused for its size, and a cut shows: a text that was cut ends in
 * an ellipsis, a decision of a cut record has `CUT_SIGNAL` among its signals, and the record the flag `truncated`.
 */
export function fitRecord(whole: string): string {
  if (fits(whole)) return whole
  const record: JsonObject = JSON.parse(whole)
  for (let kept = 64; kept > 0; kept = Math.floor(kept / 2)) {
    const bytes = canonical(cutTo(record, kept))
    if (fits(bytes)) return bytes
  }
  throw new RangeError('the record does not fit even without its matches')
}

/** Whether a record is one that a batch may carry. No code unit is longer than three bytes: nearly every one fits by its length alone. */
export const fits = (text: string): boolean =>
  text.length * 3 <= MAX_RECORD_BYTES || Buffer.byteLength(text) <= MAX_RECORD_BYTES

const cutTo = (record: JsonObject, kept: number): JsonObject => ({
  ...cutMembers(record),
  flags: [...first(record['flags'], kept).filter((flag) => flag !== TRUNCATED), TRUNCATED],
  outbound: cutDecision(record['outbound'], kept),
  inbound: cutDecision(record['inbound'], kept),
})

function cutDecision(decision: Json | undefined, kept: number): Json {
  if (!isObject(decision)) return null
  const signals = [...first(decision['signals'], kept), CUT_SIGNAL]
  return cutMembers({ ...decision, matches: first(decision['matches'], kept), signals })
}

const first = (list: Json | undefined, kept: number): readonly Json[] =>
  list !== undefined && isList(list) ? list.slice(0, kept) : []

function cutMembers(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, member]) => [key, cutTexts(member)]))
}

function cutTexts(value: Json): Json {
  if (typeof value === 'string')
    return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value
  // Cut, it would be neither a commitment nor a secret that opens.
  if (isObject(value)) return isSealed(value) ? value : cutMembers(value)
  return isList(value) ? value.map(cutTexts) : value
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !isList(value)
