import { ReadingBuilder } from './reading.ts'
import type { Reading } from './reading.ts'
import { isReadable, textOfBytes } from './utf8.ts'

/** One stretch that says something else than it shows: `says` for each part of it, end to end. */
export type Piece = {
  readonly start: number
  readonly end: number
  readonly says: readonly Said[]
  readonly isCovert: boolean
}
type Said = { readonly text: string; readonly start: number; readonly end: number }

/** Characters around what was decoded that are read with it. */
const MARGIN = 64

/**
 * Escapes of JSON and JavaScript, percent-encoding (RFC 3986 §2.1), character references of HTML and markup inside of words that begin in
 * `[from, to)`. Text without `%`, `\`, `&` and `<` pays four searches for a character.
 */
export function* piecesIn(text: string, from: number, to: number): Generator<Piece> {
  const part = text.slice(from, to)
  for (const coding of CODINGS) {
    for (let at = part.indexOf(coding.sign); at >= 0;) {
      const found = shapeAt(text, from + at, coding)
      const piece = found === null ? null : coding.read(found, from + at)
      if (piece !== null) yield piece
      at = part.indexOf(coding.sign, at + (found?.length ?? 1))
    }
  }
}

function shapeAt(text: string, at: number, { shape }: Coding): string | null {
  shape.lastIndex = at
  return shape.exec(text)?.[0] ?? null
}

/**
 * Readings of the text around the pieces: pieces that stand close together are read together, and of plain text nothing is read twice.
 * Each reading holds until the next is asked for.
 * @param pieces in order of their start; one that begins inside another is left out
 */
export function* readingsAround(text: string, pieces: readonly Piece[]): Generator<Reading> {
  if (pieces.length === 0) return
  const builder = new ReadingBuilder()
  let cluster: Piece[] = []
  for (const piece of pieces) {
    const last = cluster.at(-1)
    if (last !== undefined && piece.start < last.end) continue
    if (last !== undefined && piece.start - last.end > MARGIN) {
      yield readingOf(text, cluster, builder)
      cluster = []
    }
    cluster.push(piece)
  }
  if (cluster.length > 0) yield readingOf(text, cluster, builder)
}

function readingOf(text: string, pieces: readonly Piece[], builder: ReadingBuilder): Reading {
  const first = Math.max(0, (pieces[0]?.start ?? 0) - MARGIN)
  const last = Math.min(text.length, (pieces.at(-1)?.end ?? 0) + MARGIN)
  builder.begin()
  let at = first
  for (const piece of pieces) {
    builder.copy(text, at, piece.start)
    for (const said of piece.says) builder.write(said.text, said.start, said.end)
    at = piece.end
  }
  builder.copy(text, at, last)
  return builder.reading(pieces.some((piece) => piece.isCovert))
}

type Coding = {
  readonly sign: string
  /** sticky */
  readonly shape: RegExp
  readonly read: (found: string, at: number) => Piece | null
}

/** A short escape says something only where it stands before a word, which it would be read as a part of. */
const ESCAPE = /\\(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|[nrtbf"'/\\](?=[a-z0-9+]))/iy

const CUTTING =
  /(?<=[a-z])(?:<!--[^>]{0,200}-->|<\/?(?:b|i|u|em|strong|span|font|wbr|a)\b[^<>]{0,60}>){1,4}(?=[a-z])/iy

const CODINGS: readonly Coding[] = [
  { sign: '\\', shape: ESCAPE, read: readEscape },
  { sign: '<', shape: CUTTING, read: readNothing },
  { sign: '%', shape: /(?:%[0-9a-f]{2}){1,4096}/iy, read: readPercent },
  {
    sign: '&',
    shape:
      /&(?:#x[0-9a-f]{1,6};?|#\d{1,7};?|(?:amp|lt|gt|quot|apos|nbsp|commat|period|num|sol|shy|ZeroWidthSpace|zwnj|zwj);)/iy,
    read: readReference,
  },
]

/** Text without any of these has no pieces. */
export const SIGNS: readonly string[] = CODINGS.map(({ sign }) => sign)

/** Comments, or tags that only dress text, inside of a word: they cut it apart for whoever does not render it. */
function readNothing(found: string, at: number): Piece {
  return pieceOf('', at, found.length, false)
}

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function readEscape(found: string, at: number): Piece | null {
  const sign = found.charAt(1)
  const isCode = found.length > 2
  const said = isCode ? characterOf(found.replace(/[\\ux{}]/gi, '')) : (SIMPLE[sign] ?? sign)
  return said === null ? null : pieceOf(said, at, found.length, isCode)
}

function readPercent(found: string, at: number): Piece | null {
  const first = Number.parseInt(found.slice(1, 3), 16)
  if (found.length === 3 && first < 0x80) return readOneOfAscii(first, at)
  const decoded = textOfBytes(Buffer.from(found.replaceAll('%', ''), 'hex'))
  if (decoded === null) return null
  const says = Array.from(decoded.starts, (start, unit) => ({
    text: decoded.text.charAt(unit),
    start: at + 3 * start,
    end: at + 3 * (decoded.ends[unit] ?? 0),
  }))
  return { start: at, end: at + found.length, says, isCovert: /[a-z]{3}/i.test(decoded.text) }
}

/** Most stand alone, and say a space or a bracket. */
const readOneOfAscii = (code: number, at: number): Piece | null =>
  isReadable(code) ? pieceOf(String.fromCharCode(code), at, 3, false) : null

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  commat: '@',
  period: '.',
  num: '#',
  sol: '/',
  shy: '',
  zerowidthspace: '',
  zwnj: '',
  zwj: '',
}

function readReference(found: string, at: number): Piece | null {
  const name = found.replace(/[&;]/g, '').toLowerCase()
  const said = name.startsWith('#x')
    ? characterOf(name.slice(2))
    : name.startsWith('#')
      ? characterOf(Number(name.slice(1)).toString(16))
      : (NAMED[name] ?? null)
  return said === null ? null : pieceOf(said, at, found.length, name.startsWith('#'))
}

/** A letter has no need to be written by its number. */
const pieceOf = (said: string, at: number, length: number, isCode: boolean): Piece => ({
  start: at,
  end: at + length,
  says: [{ text: said, start: at, end: at + length }],
  isCovert: isCode && /[a-z]/i.test(said),
})

function characterOf(hex: string): string | null {
  const code = Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : null
}
