import type { Reading } from './reading.ts'
import { textOfBytes } from './utf8.ts'

/** The shortest run that can hold anything worth finding: 18 bytes of base64. */
export const SHORTEST_ENCODED = 24

/**
 * What a run of `[A-Za-z0-9_+/=-]` says in base64 (RFC 4648 §4, §5) or hexadecimal, decoded once: the whole run, and the parts of it between
 * `=` (as in `name=value`) and `/` (as in a path). Bytes that are no text give nothing, and most are told by their first few.
 */
export function* readingsOfRun(text: string, start: number, end: number): Generator<RunReading> {
  const run = text.slice(start, end)
  for (const offset of [0, ...beginnings(run)]) {
    const part = BASE64.exec(run.slice(offset))?.[0] ?? ''
    if (part.length < SHORTEST_ENCODED) continue
    let isText = false
    for (let at = 0; at < part.length; at += STRIDE) {
      const piece = part.slice(at, at + STRIDE + OVERLAP)
      const reading = readingOf(piece, start + offset + at)
      isText ||= reading !== null
      yield { reading, read: reading === null ? TASTED : piece.length }
    }
    if (isText) return
  }
}

/** `read` says how many letters it took to know. */
export type RunReading = { readonly reading: Reading | null; readonly read: number }

/** A long run is read in parts, each of which begins with a whole byte; nothing that is looked for is longer than where they overlap. */
const STRIDE = 12_288
const OVERLAP = 2_400

const BASE64 = /^[A-Za-z0-9+/_-]+/
const MOST_PARTS = 8

function beginnings(run: string): readonly number[] {
  const found: number[] = []
  for (let at = 0; at < run.length - SHORTEST_ENCODED && found.length < MOST_PARTS; at += 1) {
    const code = run.charCodeAt(at)
    if (code === EQUALS || code === SLASH) found.push(at + 1)
  }
  return found
}

const EQUALS = 0x3d
const SLASH = 0x2f

const readingOf = (part: string, start: number): Reading | null =>
  HEX.test(part) ? decoded(part, start, 'hex') : decoded(part, start, 'base64')

const HEX = /^(?:[0-9a-f]{2})+$/i

/** Bits of one letter. */
const BITS = { hex: 4, base64: 6 } as const
const TASTED = 16

function decoded(part: string, start: number, coding: keyof typeof BITS): Reading | null {
  if (!tastesOfText(part, BITS[coding])) return null
  const bytes = textOfBytes(Buffer.from(part, coding))
  if (bytes === null) return null
  const letterOf = (byte: number): number => (byte * 8) / BITS[coding]
  return {
    text: bytes.text,
    starts: Int32Array.from(bytes.starts, (byte) => start + Math.floor(letterOf(byte))),
    ends: Int32Array.from(bytes.ends, (byte) => start + Math.ceil(letterOf(byte))),
    isCovert: true,
  }
}

/**
 * A letter, digit, space or punctuation in each of the first bytes, or a lead byte of UTF-8: one random run in some hundred passes, and most
 * are told by their first byte, so that nothing is decoded for them.
 */
function tastesOfText(part: string, bits: number): boolean {
  const values = bits === BITS.hex ? HEX_VALUES : BASE64_VALUES
  let held = 0
  let rest = 0
  for (let at = 0; at < Math.min(TASTED, part.length); at += 1) {
    rest = (rest << bits) | (values[part.charCodeAt(at)] ?? 0)
    held += bits
    if (held < 8) continue
    held -= 8
    if (!isOfText(rest >>> held)) return false
    rest &= (1 << held) - 1
  }
  return true
}

const isOfText = (byte: number): boolean => (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d)

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
