import type { Json, JsonObject } from '@writ/contracts'
import { MOST_FRAME_BYTES } from './frames.ts'

export type Unreadable = 'payload_too_large' | 'payload_malformed' | 'payload_ambiguous'

/**
 * Reads JSON that every reader reads alike: UTF-8 without byte order mark, one object, nothing after it, no key twice, no `__proto__`,
 * no half surrogate pair, bounded in size, depth and number of values.
 */
export function readStrictObject(bytes: Uint8Array): JsonObject | Unreadable {
  if (bytes.length > MOST_FRAME_BYTES) return 'payload_too_large'
  const text = textOf(bytes)
  if (text === null) return 'payload_malformed'
  const outline = outlineOf(text)
  if (outline === null) return 'payload_too_large'
  const tree = parsed(text)
  if (!isObject(tree)) return 'payload_malformed'
  const seen: Seen = { keys: 0, problem: null }
  look(tree, seen)
  return seen.problem ?? (seen.keys === outline.keys ? tree : 'payload_ambiguous')
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MOST_DEPTH = 64
const MOST_VALUES = 100_000

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

function parsed(text: string): Json | undefined {
  try {
    const tree: Json = JSON.parse(text)
    return tree
  } catch {
    return undefined
  }
}

type Outline = { readonly keys: number }

/**
 * One pass over the text before it is parsed, for a parser takes seconds for what is deep. Null: it is deeper, or has more values, than
 * the bounds. Keys are strings before a colon: the parsed tree has fewer when one stood twice in an object, for the parser keeps the
 * last and forgets the others. It does not check the grammar.
 */
function outlineOf(text: string): Outline | null {
  let [keys, depth, values] = [0, 0, 0]
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at + 1)
      if (isColonNext(text, at + 1)) keys += 1
    } else {
      depth += stepOf(code)
      values += isOneMore(code) ? 1 : 0
    }
    if (depth > MOST_DEPTH || values > MOST_VALUES) return null
  }
  return { keys }
}

/** Into an object or list, out of one, or neither. */
function stepOf(code: number): number {
  if (code === OPEN_BRACE || code === OPEN_BRACKET) return 1
  return code === CLOSE_BRACE || code === CLOSE_BRACKET ? -1 : 0
}

/** Never fewer than there are values, less the first. */
const isOneMore = (code: number): boolean => code === COMMA || code === OPEN_BRACE || code === OPEN_BRACKET

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, quoteAt: number): boolean {
  let at = quoteAt
  while (text[at - 1] === '\\') at -= 1
  return (quoteAt - at) % 2 === 1
}

function isColonNext(text: string, from: number): boolean {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\t' || text[at] === '\r') at += 1
  return text[at] === ':'
}

type Seen = { keys: number; problem: Unreadable | null }

function look(value: Json, seen: Seen): void {
  if (typeof value === 'string') lookAtText(value, seen)
  else if (Array.isArray(value)) for (const one of value) look(one, seen)
  else if (isObject(value)) lookAtMembers(value, seen)
}

function lookAtMembers(value: JsonObject, seen: Seen): void {
  for (const [key, member] of Object.entries(value)) {
    seen.keys += 1
    if (key === '__proto__') seen.problem = 'payload_ambiguous'
    lookAtText(key, seen)
    look(member, seen)
  }
}

const HALF_PAIR = /\p{Surrogate}/u

function lookAtText(text: string, seen: Seen): void {
  if (HALF_PAIR.test(text)) seen.problem = 'payload_malformed'
}
