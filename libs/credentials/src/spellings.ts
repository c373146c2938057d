import { endOfSlice, isLarge } from './slices.ts'
import type { Slices } from './slices.ts'

/** Bytes with some of their spellings undone. */
export type Reading = {
  readonly bytes: Uint8Array
  /** of these bytes those that are marked (1), as marks on what was given: whatever spells one of them is marked whole */
  readonly inGiven: (marks: Uint8Array) => Slices<Uint8Array>
}

/** How often letters may be spelled within spellings: percent-encoded twice, a JSON string in a JSON string, … */
const DEPTH = 4

const PERCENT = 0x25
const BACKSLASH = 0x5c
const AMPERSAND = 0x26

type Spelling = { readonly percent: boolean; readonly json: boolean; readonly html: boolean }

/** Each alone undoes its encoder exactly, however often it was used; two together find one within the other. */
const SPELLINGS: readonly Spelling[] = [
  { percent: true, json: false, html: false },
  { percent: false, json: true, html: false },
  { percent: true, json: true, html: false },
  { percent: false, json: false, html: true },
  { percent: false, json: true, html: true },
]

/**
 * As given, and with percent-encoding (RFC 3986 2.1), JSON escapes (RFC 8259 7) and character references of HTML undone up to four times.
 * Linear, and in slices: undefined is where one ends.
 */
export function* readingsOf(bytes: Uint8Array): Generator<Reading | undefined, void> {
  yield { bytes, inGiven: asGiven }
  for (const spelling of SPELLINGS.filter((each) => isSpoken(bytes, each)))
    yield* undoneRepeatedly(bytes, spelling)
}

// oxlint-disable-next-line require-yield -- there is nothing to do
function* asGiven(marks: Uint8Array): Slices<Uint8Array> {
  return marks
}

/** What a secret that looks spelled itself stands for, as bytes. */
export const spellingsBehind = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from(readingsOf(bytes))
    .flatMap((reading) => (reading === undefined ? [] : [reading.bytes]))
    .slice(1)

const isSpoken = (bytes: Uint8Array, { percent, json, html }: Spelling): boolean =>
  (!percent || bytes.includes(PERCENT)) &&
  (!json || bytes.includes(BACKSLASH)) &&
  // Behind a backslash an ampersand can be spelled itself.
  (!html || json || bytes.includes(AMPERSAND))

function* undoneRepeatedly(bytes: Uint8Array, spelling: Spelling): Generator<Reading | undefined, void> {
  const behind = [bytes]
  for (let read = bytes; behind.length <= DEPTH; behind.push(read)) {
    const undone = yield* undoneOnce(read, spelling)
    if (undone.length === read.length) return
    read = undone
    yield { bytes: read, inGiven: (marks) => marksBehind(marks, [...behind], spelling) }
  }
}

/** No spelling is shorter than what it spells, so the result never outgrows what was given. */
function* undoneOnce(bytes: Uint8Array, spelling: Spelling): Slices<Uint8Array> {
  const undone = new Uint8Array(bytes.length)
  let size = 0
  for (let at = 0; at < bytes.length;) {
    for (const end = endOfSlice(bytes, at); at < end;) {
      const byte = bytes[at] ?? 0
      const letter = isSign(byte) ? letterAt(bytes, at, spelling) : null
      if (letter === null) {
        undone[size++] = byte
        at += 1
      } else {
        for (const meant of letter.means) undone[size++] = meant
        at += letter.length
      }
    }
    if (isLarge(bytes)) yield
  }
  return undone.subarray(0, size)
}

const isSign = (byte: number): boolean => byte === BACKSLASH || byte === PERCENT || byte === AMPERSAND

/** @param behind what was read each time, the given bytes first */
function* marksBehind(
  marks: Uint8Array,
  behind: readonly Uint8Array[],
  spelling: Spelling,
): Slices<Uint8Array> {
  let marked = marks
  for (const bytes of behind.toReversed()) marked = yield* marksOn(bytes, marked, spelling)
  return marked
}

/** Every letter of these bytes that spells something marked. */
function* marksOn(bytes: Uint8Array, undone: Uint8Array, spelling: Spelling): Slices<Uint8Array> {
  const marks = new Uint8Array(bytes.length)
  let place = 0
  for (let at = 0; at < bytes.length;) {
    for (const end = endOfSlice(bytes, at); at < end;) {
      const letter = isSign(bytes[at] ?? 0) ? letterAt(bytes, at, spelling) : null
      if (letter === null) marks[at++] = undone[place++] ?? 0
      else {
        const after = place + letter.means.length
        if (isAnyMarked(undone, place, after)) marks.fill(1, at, at + letter.length)
        place = after
        at += letter.length
      }
    }
    if (isLarge(bytes)) yield
  }
  return marks
}

function isAnyMarked(marks: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (marks[at] === 1) return true
  return false
}

/** A spelled letter: how long it is and the bytes that it means. */
type Letter = { readonly length: number; readonly means: readonly number[] }

function letterAt(bytes: Uint8Array, at: number, { percent, json, html }: Spelling): Letter | null {
  if (percent && bytes[at] === PERCENT) return percentLetter(bytes, at)
  if (html && bytes[at] === AMPERSAND) return referredLetter(bytes, at)
  return json && bytes[at] === BACKSLASH ? (unicodeLetter(bytes, at) ?? shortLetter(bytes, at)) : null
}

function percentLetter(bytes: Uint8Array, at: number): Letter | null {
  const byte = hexNumber(bytes, at + 1, 2)
  return byte === null ? null : (PERCENT_LETTERS[byte] ?? null)
}

const PERCENT_LETTERS: readonly Letter[] = Array.from({ length: 256 }, (_, byte) => ({
  length: 3,
  means: [byte],
}))

/** `&#61;`, `&#x3D;`, or one of the five names that every escaper of HTML uses. */
const referredLetter = (bytes: Uint8Array, at: number): Letter | null =>
  bytes[at + 1] === HASH ? numberedLetter(bytes, at) : namedLetter(bytes, at)

const HASH = 0x23
const SEMICOLON = 0x3b
const LETTER_X = 0x78
const MOST_DIGITS = 7

function numberedLetter(bytes: Uint8Array, at: number): Letter | null {
  const isHex = ((bytes[at + 2] ?? 0) | 0x20) === LETTER_X
  const base = isHex ? 16 : 10
  const from = at + (isHex ? 3 : 2)
  let [end, code] = [from, 0]
  for (; end < from + MOST_DIGITS; end += 1) {
    const digit = digitIn(bytes[end], base)
    if (digit === null) break
    code = code * base + digit
  }
  const isWhole = end > from && bytes[end] === SEMICOLON && code <= LAST_CODE_POINT
  return isWhole ? { length: end + 1 - at, means: code < 0x80 ? [code] : utf8Of(code) } : null
}

const LAST_CODE_POINT = 0x10_ff_ff
const utf8Of = (code: number): readonly number[] => [...Buffer.from(String.fromCodePoint(code), 'utf8')]

function digitIn(byte: number | undefined, base: number): number | null {
  const digit = hexDigit(byte ?? 0)
  return digit !== null && digit < base ? digit : null
}

function namedLetter(bytes: Uint8Array, at: number): Letter | null {
  for (const { name, letter } of NAMED_LETTERS[bytes[at + 1] ?? 0] ?? NONE)
    if (name.every((byte, place) => bytes[at + 1 + place] === byte)) return letter
  return null
}

type Named = { readonly name: readonly number[]; readonly letter: Letter }

const NONE: readonly Named[] = []

/** By the first byte of their names. */
const NAMED_LETTERS: readonly (readonly Named[])[] = Array.from({ length: 256 }, (_, first) =>
  ['amp;&', 'lt;<', 'gt;>', 'quot;"', "apos;'"]
    .filter((pair) => pair.charCodeAt(0) === first)
    .map((pair) => ({
      name: [...Buffer.from(pair.slice(0, -1))],
      letter: { length: pair.length, means: [pair.charCodeAt(pair.length - 1)] },
    })),
)

/** `\"`, `\\`, `\/`, `\'`, `\t` and their like. */
const shortLetter = (bytes: Uint8Array, at: number): Letter | null =>
  SHORT_LETTERS.get(bytes[at + 1] ?? 0) ?? null

const SHORT_LETTERS: ReadonlyMap<number, Letter> = new Map(
  ['""', '\\\\', '//', "''", 't\t', 'n\n', 'r\r', 'b\b', 'f\f'].map((pair) => [
    pair.charCodeAt(0),
    { length: 2, means: [pair.charCodeAt(1)] },
  ]),
)

/** One `\uXXXX`, or two that are a surrogate pair. */
function unicodeLetter(bytes: Uint8Array, at: number): Letter | null {
  const first = unicodeUnit(bytes, at)
  if (first === null) return null
  const second = isBetween(first, 0xd800, 0xdbff) ? unicodeUnit(bytes, at + 6) : null
  return second !== null && isBetween(second, 0xdc00, 0xdfff)
    ? { length: 12, means: utf8(first, second) }
    : { length: 6, means: first < 0x80 ? [first] : utf8(first) }
}

const unicodeUnit = (bytes: Uint8Array, at: number): number | null =>
  bytes[at] === BACKSLASH && bytes[at + 1] === LETTER_U ? hexNumber(bytes, at + 2, 4) : null

const LETTER_U = 0x75

const utf8 = (...units: readonly number[]): readonly number[] => [
  ...Buffer.from(String.fromCharCode(...units), 'utf8'),
]

const isBetween = (value: number, least: number, most: number): boolean => value >= least && value <= most

function hexNumber(bytes: Uint8Array, at: number, digits: number): number | null {
  let value = 0
  for (let i = at; i < at + digits; i += 1) {
    const digit = hexDigit(bytes[i] ?? 0)
    if (digit === null) return null
    value = value * 16 + digit
  }
  return value
}

function hexDigit(byte: number): number | null {
  if (isBetween(byte, 0x30, 0x39)) return byte - 0x30
  const lower = byte | 0x20
  return isBetween(lower, 0x61, 0x66) ? lower - 0x57 : null
}
