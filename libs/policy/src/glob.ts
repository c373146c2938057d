import { searchFor } from './search.ts'
import type { Search } from './search.ts'

/**
 * `*` is any run of characters, `/` included; every other character is itself, and `\*` is a star.
 * One wildcard and no more, so that a deny on `release/*` also covers `release/a/b`.
 * The literal pieces are searched from left to right, each once: linear in the text.
 */
export function globOf(pattern: string): (text: string) => boolean {
  const pieces = piecesOf(pattern)
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return (text) => text === first
  const last = pieces.at(-1) ?? ''
  const middle = pieces.slice(1, -1).map((piece) => ({ length: piece.length, search: searchFor(piece) }))
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false
    return standInOrder(middle, text, first.length, text.length - last.length)
  }
}

/** Number of characters that the pattern fixes: the more, the more specific it is. */
export const fixedLength = (pattern: string): number => piecesOf(pattern).join('').length

function piecesOf(pattern: string): string[] {
  const pieces = ['']
  for (let at = 0; at < pattern.length; at += 1) {
    const escaped = pattern[at] === '\\' && pattern[at + 1] === '*'
    if (escaped) at += 1
    if (pattern[at] === '*' && !escaped) pieces.push('')
    else pieces.push(`${pieces.pop()}${pattern[at]}`)
  }
  return pieces
}

type Piece = { readonly length: number; readonly search: Search }

function standInOrder(pieces: readonly Piece[], text: string, from: number, until: number): boolean {
  let at = from
  for (const { length, search } of pieces) {
    const found = search(text, at)
    if (found < 0 || found + length > until) return false
    at = found + length
  }
  return true
}
