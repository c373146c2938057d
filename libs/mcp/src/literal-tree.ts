import type { Json } from '@writ/contracts'

/**
 * A message as it was written, for telling two messages apart that parse alike: each text begins with `s`, and each number is the text `n`
 * with the digits as they were sent, so that 9007199254740993 and 9007199254740992 differ, and a number is never a text. Names of members
 * stay as they are.
 * @param bytes of a message that was read strictly before
 */
export function literalTree(bytes: Uint8Array): Json {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const parts: string[] = []
  let at = 0
  while (at < text.length) {
    const end = endOfToken(text, at)
    parts.push(written(text, at, end))
    at = end
  }
  const tree: Json = JSON.parse(parts.join(''))
  return tree
}

function endOfToken(text: string, at: number): number {
  if (text[at] === '"') return endOfText(text, at + 1)
  const isWithin = startsNumber(text, at) ? isOfNumber : isBetween
  let end = at + 1
  while (end < text.length && isWithin(text, end)) end += 1
  return end
}

function written(text: string, at: number, end: number): string {
  const token = text.slice(at, end)
  if (startsNumber(text, at)) return `"n${token}"`
  return text[at] === '"' && !isName(text, end) ? `"s${token.slice(1)}` : token
}

/** Behind the quotation mark that ends a text: one that an even number of backslashes stand before. */
function endOfText(text: string, from: number): number {
  let at = from
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Of a text that ends there. */
function isName(text: string, end: number): boolean {
  let at = end
  while (at < text.length && SPACE.has(text.charAt(at))) at += 1
  return text[at] === ':'
}

const SPACE: ReadonlySet<string> = new Set(' \t\r\n')

const startsNumber = (text: string, at: number): boolean => /[-\d]/.test(text.charAt(at))
const isOfNumber = (text: string, at: number): boolean => /[-+.\deE]/.test(text.charAt(at))
/** Brackets, commas, words and space. */
const isBetween = (text: string, at: number): boolean => text[at] !== '"' && !startsNumber(text, at)
