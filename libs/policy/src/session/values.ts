import type { Json, JsonObject, Provenance, SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { fingerprint } from './fingerprint.ts'
import { MAX_TEXT, piecesOf } from './pieces.ts'
import { unionOf } from './state.ts'

export type Values = SessionState['values']
export type ValueSet = NonNullable<Values[Provenance]>

/** More than this and the set is given up: `full` says that it can no longer be told what was met. */
export const MAX_PRINTS = 8_192
const MAX_CHARACTERS = 524_288
const MAX_LEAVES = 50_000
const MAX_DEPTH = 64
const FULL: ValueSet = { prints: [], full: true }

/** A join: commutative, and the same again changes nothing. */
export function unionOfValues(left: ValueSet, right: ValueSet): ValueSet {
  if (left.full || right.full) return FULL
  const prints = unionOf(left.prints, right.prints)
  return prints.length > MAX_PRINTS ? FULL : { prints, full: false }
}

/**
 * Every string and every long number of what a tool answered, and what stands in them. Text that is JSON, as most tools answer it, is
 * read as such. What is too much to be looked at makes the set full.
 */
export function valuesIn(content: Json, keys: ContentKeys): ValueSet {
  const texts = textsOf(content)
  if (texts === null) return FULL
  const pieces = new Set<string>()
  for (const { text, isName } of texts) {
    const { whole, parts } = piecesOf(text)
    if (whole !== null && !isName) pieces.add(whole)
    for (const part of parts) pieces.add(part)
    if (pieces.size > MAX_PRINTS || text.length > MAX_TEXT) return FULL
  }
  return { prints: [...new Set(Array.from(pieces, (piece) => fingerprint(piece, keys)))].sort(), full: false }
}

type Text = { readonly text: string; readonly isName: boolean }

type Waiting = { readonly value: Json; readonly depth: number }
type Room = { characters: number; leaves: number }

/** Null where there is more than is looked at. */
function textsOf(content: Json): readonly Text[] | null {
  const found: Text[] = []
  const room: Room = { characters: MAX_CHARACTERS, leaves: MAX_LEAVES }
  const waiting: Waiting[] = [{ value: content, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    look(next, { found, waiting, room })
    if (room.characters < 0 || room.leaves < 0 || next.depth > MAX_DEPTH) return null
  }
  return found
}

type Search = { readonly found: Text[]; readonly waiting: Waiting[]; readonly room: Room }

function look({ value, depth }: Waiting, search: Search): void {
  const inner = typeof value === 'string' ? jsonIn(value) : undefined
  if (inner !== undefined) search.waiting.push({ value: inner, depth: depth + 1 })
  else if (typeof value === 'object' && value !== null) openUp(value, depth + 1, search)
  else if (typeof value === 'string' || typeof value === 'number') {
    search.found.push({ text: String(value), isName: false })
    search.room.characters -= String(value).length
  }
}

function openUp(value: readonly Json[] | JsonObject, depth: number, { found, waiting, room }: Search): void {
  for (const [name, member] of Object.entries<Json>(value)) {
    if (!Array.isArray(value)) found.push({ text: name, isName: true })
    waiting.push({ value: member, depth })
    room.leaves -= 1
  }
}

/** `undefined` where a text is not that of an object or a list. */
function jsonIn(text: string): Json | undefined {
  if (text.length > MAX_CHARACTERS || !/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
