import type { Piece } from './decode-escapes.ts'

/**
 * Stretches of `[from, to)` that a model reads otherwise than a person: invisible characters (they say nothing, but tag characters say the
 * letter that they smuggle) and compatibility forms (full-width, mathematical, circled and squared letters).
 */
export function* veiledIn(text: string, from: number, to: number): Generator<Piece> {
  const part = text.slice(from, to)
  if (!mayBeVeiled(part)) return
  for (const { 0: found, index } of part.matchAll(VEILED)) {
    const start = from + index
    const says = [...said(found, start)]
    yield { start, end: start + found.length, says, isCovert: says.some(({ text: letter }) => letter !== '') }
  }
}

/** Invisible characters of the first plane, and full-width forms. */
const UNITS = String.raw`\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uff01-\uff5e\uffa0`

export const mayBeVeiled = (part: string): boolean => ODD.test(part)

/** A first look, which most text does not get past. */
const ODD = new RegExp(String.raw`[${UNITS}\ud835\ud83c\udb40]`)
const VEILED = new RegExp(
  String.raw`(?:[${UNITS}]|\ud835[\udc00-\udfff]|\ud83c[\udd10-\udd89]|\udb40[\udc00-\udfff]){1,4096}`,
  'g',
)

/** What is smuggled in tags stands beside the words around it. */
function* said(found: string, start: number): Generator<Piece['says'][number]> {
  let at = start
  if (TAG.test(found)) yield { text: ' ', start: at, end: at }
  for (const character of found) {
    yield { text: saidBy(character), start: at, end: at + character.length }
    at += character.length
  }
}

const TAG = /\udb40[\udc20-\udc7e]/

function saidBy(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code >= 0xe0020 && code <= 0xe007e) return String.fromCharCode(code - 0xe0000)
  if ((code >= 0xff01 && code <= 0xff5e) || (code >= 0x1d400 && code <= 0x1f189))
    return character.normalize('NFKC')
  return ''
}
