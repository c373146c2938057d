/**
 * A text that stands in whatever a pattern (RE2 syntax) matches: where it is missing, a search is not worth while. Null where nothing is
 * known, which is said of alternatives at the top and of whatever is not plain to read.
 */
export function neededText(source: string): string | null {
  if (UNREAD.some((form) => form.test(source))) return null
  const runs = new Runs()
  let depth = 0
  for (const [token] of source.matchAll(TOKEN)) {
    if (token === '|' && depth === 0) return null
    if (token === '(') depth += 1
    if (depth === 0) runs.take(token)
    else runs.end()
    if (token === ')') depth -= 1
  }
  runs.end()
  return runs.longest === '' ? null : runs.longest
}

/** Whether a pattern matches nothing but whole texts: `^...$`. False where that is not plain to read. */
export function isOfWholeText(source: string): boolean {
  if (UNREAD.some((form) => form.test(source))) return false
  const tokens = Array.from(source.matchAll(TOKEN), ([token]) => token)
  const [first, second = ''] = tokens
  return first === '^' && !REPETITION.test(second) && tokens.at(-1) === '$' && !hasAlternatives(tokens)
}

const REPETITION = /^(?:[*?+]|\{.*\})$/s

function hasAlternatives(tokens: readonly string[]): boolean {
  let depth = 0
  for (const token of tokens) {
    if (token === '|' && depth === 0) return true
    if (token === '(') depth += 1
    if (token === ')') depth -= 1
  }
  return false
}

/** Groups with flags or names; escapes of more than a letter, and quotations; classes within classes. */
const UNREAD: readonly RegExp[] = [/\(\?(?!:)/, /\\(?![dDwWsSbBAz])[a-zA-Z0-9]/, /\[[^\]]*\[/]

/** An escape, a class, a repetition, or one character. */
const TOKEN = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|./gsu

/** Characters that follow each other in every match. */
class Runs {
  longest = ''
  #run: string[] = []

  take(token: string): void {
    if (MAY_BE_LEFT_OUT.test(token)) this.#run.pop()
    const literal = literalOf(token)
    if (literal === null) this.end()
    else this.#run.push(literal)
  }

  end(): void {
    const text = this.#run.join('')
    this.#run = []
    if (text.length > this.longest.length) this.longest = text
  }
}

/** What stands before one of these may be there no time at all. */
const MAY_BE_LEFT_OUT = /^(?:[*?]|\{.*\})$/s

function literalOf(token: string): string | null {
  if (token.length > 1 && token.startsWith('\\')) return ESCAPED_SIGN.test(token) ? token.slice(1) : null
  return NO_LITERAL.test(token) ? null : token
}

const ESCAPED_SIGN = /^\\[^a-zA-Z0-9]$/su
const NO_LITERAL = /^(?:[[{].*|[\^$.*+?()|\\])$/s
