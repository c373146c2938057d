import type { Lowering } from './lowering.ts'
import { compared } from './term.ts'
import type { Term } from './term.ts'
import { FAULT, truthOf } from './truth.ts'
import type { Truth } from './truth.ts'

/** The pieces of a pattern of Cedar's JSON form. */
export type Piece = 'Wildcard' | { readonly Literal: string }

/** Cedar's `term like "pattern"`. */
export function like(term: Term, pieces: readonly Piece[], how: Lowering): Truth {
  if (term.is === 'choice') return how.eachChoice(term, (one) => like(one, pieces, how))
  if (term.is === 'text') return truthOf(fits(pieces, term.value))
  if (term.is !== 'field' || (term.type !== 'text' && term.type !== 'free')) return FAULT
  const search = globOf(pieces) ?? plainSearch(pieces)
  if (search === null) return how.refuseTruth('a backslash stands before a wildcard')
  if (search.value.length > LONGEST) return how.refuseTruth(`a pattern has at most ${LONGEST} characters`)
  return compared(term)({ path: term.path, ...search })
}

const LONGEST = 256

type Search = { readonly op: 'glob' | 'startsWith' | 'contains'; readonly value: string }

/** In our globs `*` is any run of characters and `\*` a star; there is no other escape, hence the one pattern that cannot be said. */
function globOf(pieces: readonly Piece[]): Search | null {
  let glob = ''
  for (const piece of pieces) {
    if (piece !== 'Wildcard') glob += piece.Literal.replaceAll('*', '\\*')
    else if (glob.endsWith('\\')) return null
    else glob += '*'
  }
  return { op: 'glob', value: glob }
}

/** `text*` and `*text*`. */
function plainSearch(pieces: readonly Piece[]): Search | null {
  const [, ...others] = pieces
  const isOpen = pieces[0] === 'Wildcard'
  const literals = (isOpen ? others : pieces).slice(0, -1)
  if (pieces.at(-1) !== 'Wildcard' || literals.includes('Wildcard')) return null
  const value = literals.map((piece) => (piece === 'Wildcard' ? '' : piece.Literal)).join('')
  return { op: isOpen ? 'contains' : 'startsWith', value }
}

/** Each literal at its first place, the last at the end. */
function fits(pieces: readonly Piece[], text: string): boolean {
  const literals = ['']
  for (const piece of pieces) {
    if (piece === 'Wildcard') literals.push('')
    else literals.push(`${literals.pop()}${piece.Literal}`)
  }
  const [first = '', ...rest] = literals
  const last = rest.pop()
  if (last === undefined) return text === first
  let at = first.length
  if (!text.startsWith(first)) return false
  for (const literal of rest) {
    const found = text.indexOf(literal, at)
    if (found < 0) return false
    at = found + literal.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
