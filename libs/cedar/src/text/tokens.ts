/** A word or mark of Cedar text, with offsets in UTF-16 units. */
export type Token = { readonly text: string; readonly start: number; readonly end: number }

const SKIPPED = /(?:\s|\/\/[^\n]*)+/y
const TOKEN = /"(?:[^"\\]|\\[^])*"|[A-Za-z_]\w*|\d+|::|&&|\|\||==|!=|<=|>=|[^]/y

/** The tokens of Cedar text (docs.cedarpolicy.com/policies/syntax-grammar.html). What is no Cedar becomes tokens of one character: the parser proper judges it. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = endOf(SKIPPED, text, 0)
  while (at < text.length) {
    const end = endOf(TOKEN, text, at)
    tokens.push({ text: text.slice(at, end), start: at, end })
    at = endOf(SKIPPED, text, end)
  }
  return tokens
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
