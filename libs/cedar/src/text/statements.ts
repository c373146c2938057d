import { nestingOf } from './nesting.ts'
import { tokensOf } from './tokens.ts'
import type { Token } from './tokens.ts'

/** One policy of a file, as it stands there. */
export type Statement = {
  readonly text: string
  readonly start: number
  readonly tokens: readonly Token[]
}

/** What is more than this is not given to the parser. */
export const MAX_TEXT = 256 * 1024

/** The policies of a file, each up to and with its semicolon; what follows the last one is a statement too, so that the parser can refuse it. */
export function statementsOf(text: string): readonly Statement[] {
  const statements: Statement[] = []
  let tokens: Token[] = []
  for (const token of tokensOf(text)) {
    tokens.push(token)
    if (token.text !== ';') continue
    statements.push(statementOf(text, tokens))
    tokens = []
  }
  return tokens.length === 0 ? statements : [...statements, statementOf(text, tokens)]
}

function statementOf(text: string, tokens: readonly Token[]): Statement {
  const start = tokens[0]?.start ?? 0
  return { text: text.slice(start, tokens.at(-1)?.end), start, tokens }
}

/** Where a text is too large or nests too deep to be given to the parser at all; null where it may be. */
export function excessOf(text: string): { readonly offset: number; readonly reason: string } | null {
  if (text.length > MAX_TEXT) return { offset: 0, reason: `the file has more than ${MAX_TEXT} characters` }
  const broken = text.search(/\p{Surrogate}/u)
  if (broken >= 0) return { offset: broken, reason: 'half a character stands here' }
  return nestingOf(tokensOf(text))
}
