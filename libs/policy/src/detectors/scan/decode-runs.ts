import type { Reading } from './reading.ts'
import { dueAfter, isContinuation, MOST_REST, textOfBytes } from './utf8.ts'

/** The shortest run that can hold anything worth finding: 18 bytes of base64. */
export const SHORTEST_ENCODED = 24

/** Most runs are told by the first few of their letters: whether `readingsOfRun` may find anything. */
export function mayBeEncoded(text: string, start: number, end: number): boolean {
  if (end - start > STRIDE || mayBeText(text, start)) return true
  let parts = 0
  for (let at = start; at < end - SHORTEST_ENCODED && parts < MOST_PARTS; at += 1) {
    const code = text.charCodeAt(at)
    if (code !== EQUALS && code !== SLASH) continue
    if (mayBeText(text, at + 1)) return true
    parts += 1
  }
  return false
}

const mayBeText = (text: string, at: number): boolean =>
  tastesOfText(text, at, BASE64_LETTERS) || tastesOfText(text, at, HEX_LETTERS)

/**
 * What a run of `[A-Za-z0-9_+/=-]` says in base64 (RFC 4648 §4, §5) or hexadecimal, decoded once: the whole run, and the parts of it between
 * `=` (as in `name=value`) and `/` (as in a path). Bytes that are no text give nothing. A long run is read in strides.
 */
export function* readingsOfRun(text: string, start: number, end: number): Generator<RunReading> {
  const run = text.slice(start, end)
  for (const offset of [0, ...beginnings(run)]) {
    let isText = false
    let letters = lettersAt(run, offset)
    if (letters.length < SHORTEST_ENCODED) continue
    for (let at = offset; letters !== ''; at += STRIDE) {
      const reading = readingOf(letters, start + at)
      isText ||= reading !== null
      yield { reading, read: reading === null ? TASTED + letters.length / LETTERS_PASSED : letters.length }
      letters = letters.length > STRIDE ? lettersAt(run, at + STRIDE) : ''
    }
    if (isText) return
  }
}

/** `read` says how many letters it took to know. */
export type RunReading = { readonly reading: Reading | null; readonly read: number }

/** Each stride begins with a whole byte; nothing that is looked for is longer than where two of them overlap. */
const STRIDE = 12_288
const OVERLAP = 2_400

const lettersAt = (run: string, at: number): string =>
  BASE64.exec(run.slice(at, at + STRIDE + OVERLAP))?.[0] ?? ''

const BASE64 = /^[A-Za-z0-9+/_-]+/
const MOST_PARTS = 8

/** Behind the first few of either sign, in order. */
const beginnings = (run: string): readonly number[] =>
  [...placesOf('=', run), ...placesOf('/', run)].sort((left, right) => left - right).slice(0, MOST_PARTS)

function placesOf(sign: string, run: string): readonly number[] {
  const last = run.length - SHORTEST_ENCODED
  const found: number[] = []
  for (let at = run.indexOf(sign); at >= 0 && at < last; at = run.indexOf(sign, at + 1)) {
    found.push(at + 1)
    if (found.length === MOST_PARTS) break
  }
  return found
}

const EQUALS = 0x3d
const SLASH = 0x2f

const readingOf = (part: string, start: number): Reading | null =>
  HEX.test(part) ? decoded(part, start, HEX_LETTERS) : decoded(part, start, BASE64_LETTERS)

const HEX = /^(?:[0-9a-f]{2})+$/i

/** Letters that are looked at first. */
const TASTED = 16
/** Letters that are passed over in the time that it takes to read one. */
const LETTERS_PASSED = 64

/** How bytes are written. `bits`: of one letter */
type Coding = { readonly name: 'hex' | 'base64'; readonly bits: number; readonly values: Uint8Array }

function decoded(part: string, start: number, coding: Coding): Reading | null {
  if (!tastesOfText(part, 0, coding)) return null
  const bytes = textOfBytes(Buffer.from(part, coding.name))
  if (bytes === null) return null
  const letterOf = (byte: number): number => (byte * 8) / coding.bits
  return {
    text: bytes.text,
    starts: Int32Array.from(bytes.starts, (byte) => start + Math.floor(letterOf(byte))),
    ends: Int32Array.from(bytes.ends, (byte) => start + Math.ceil(letterOf(byte))),
    isCovert: true,
  }
}

/** The first bytes are those of a text: one random run in some hundred passes, and most are told by their first byte. */
function tastesOfText(text: string, start: number, { bits, values }: Coding): boolean {
  let held = 0
  let rest = 0
  let due = MOST_REST
  let isRest = true
  for (let at = start; at < start + TASTED && at < text.length; at += 1) {
    rest = (rest << bits) | (values[text.charCodeAt(at)] ?? 0)
    held += bits
    if (held < 8) continue
    held -= 8
    const byte = rest >>> held
    rest &= (1 << held) - 1
    if (isRest && !isContinuation(byte)) due = 0
    isRest &&= isContinuation(byte)
    due = dueAfter(byte, due)
    if (due < 0) return false
  }
  return true
}

const BASE64_VALUES = valuesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
BASE64_VALUES[0x2d] = 62
BASE64_VALUES[0x5f] = 63
const HEX_VALUES = valuesOf('0123456789abcdef')
for (const [at, letter] of Array.from('ABCDEF').entries()) HEX_VALUES[letter.charCodeAt(0)] = 10 + at

function valuesOf(letters: string): Uint8Array {
  const values = new Uint8Array(0x80)
  for (const [value, letter] of Array.from(letters).entries()) values[letter.charCodeAt(0)] = value
  return values
}

const BASE64_LETTERS: Coding = { name: 'base64', bits: 6, values: BASE64_VALUES }
const HEX_LETTERS: Coding = { name: 'hex', bits: 4, values: HEX_VALUES }
