import { SESSION_CAPS } from '@writ/contracts'
import type { Json, Provenance, SessionState } from '@writ/contracts'
import { atOnce } from '../at-once.ts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { fingerprint } from './fingerprint.ts'
import type { JsonText } from './json-texts.ts'
import { piecesOf } from './pieces.ts'
import { countOf, NO_PRINTS, printsFrom, unionOfPrints } from './prints.ts'
import { textsIn } from './texts.ts'

export type Values = SessionState['values']
export type ValueSet = NonNullable<Values[Provenance]>

/** More than this and the set is given up: `full` says that it can no longer be told what was met. */
export const MAX_PRINTS = SESSION_CAPS.prints
export const NO_VALUES: ValueSet = { prints: NO_PRINTS, full: false }
const FULL: ValueSet = { prints: NO_PRINTS, full: true }

/** A join: commutative, and the same again changes nothing. */
export function unionOfValues(left: ValueSet, right: ValueSet): ValueSet {
  if (left.full || right.full) return FULL
  const prints = unionOfPrints(left.prints, right.prints)
  return countOf(prints) > MAX_PRINTS ? FULL : { prints, full: false }
}

/** Work between two turns of the event loop, in characters looked at: about 4 ms of those that take longest. */
export const SLICE = 32_768
const COST_OF_TEXT = 16
const COST_OF_PRINT = 32

/**
 * Every string and every long number of what a tool answered, and what stands in them. What is too much to be looked at makes the set
 * full. Yields after every slice of work: nothing but the content says where.
 */
export function* valuesIn(content: Json, keys: ContentKeys): Generator<void, ValueSet> {
  const pieces = new Set<string>()
  const texts = textsIn(content)
  let work = 0
  for (let next = texts.next(); ; next = texts.next()) {
    if (next.done === true) return next.value ? { prints: yield* printsOf(pieces, keys), full: false } : FULL
    work += next.value === null ? SLICE : COST_OF_TEXT + next.value.text.length
    if (next.value !== null && !hasAdded(pieces, next.value)) return FULL
    if (work < SLICE) continue
    yield
    work = 0
  }
}

/** The same, for callers that hold up nobody. */
export const valuesNow = (content: Json, keys: ContentKeys): ValueSet => atOnce(valuesIn(content, keys))

/** False where a text is more than is looked at, or the set has more than is kept. */
function hasAdded(pieces: Set<string>, { text, isName }: JsonText): boolean {
  const found = piecesOf(text)
  if (found === null) return false
  if (found.whole !== null && !isName) pieces.add(found.whole)
  for (const part of found.parts) pieces.add(part)
  return pieces.size <= MAX_PRINTS
}

function* printsOf(pieces: ReadonlySet<string>, keys: ContentKeys): Generator<void, string> {
  const prints: string[] = []
  let work = 0
  for (const piece of pieces) {
    prints.push(fingerprint(piece, keys))
    work += COST_OF_PRINT + piece.length
    if (work < SLICE) continue
    yield
    work = 0
  }
  return printsFrom(prints)
}
