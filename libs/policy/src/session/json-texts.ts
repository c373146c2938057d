/** A string or a number of a JSON text; `isName`: the name of a member. */
export type JsonText = { readonly text: string; readonly isName: boolean }

/**
 * The strings and numbers of a text that is JSON of an object or a list, without building it: a parser would hold up everything else for
 * as long as the text takes. Of the grammar only the tokens and the nesting are looked at, so some texts count that no parser takes.
 * Yields null after every few thousand tokens.
 * @returns false, as soon as it is known, where the text is no JSON: what was yielded then stands for nothing
 */
export function* jsonTextsIn(text: string): Generator<JsonText | null, boolean> {
  const open: string[] = []
  let at = text.search(/[^ \t\r\n]/)
  if (!looksLikeJson(text)) return false
  for (let tokens = 1; at < text.length; tokens += 1) {
    if (tokens % BREATH === 0) yield null
    const token = tokenAt(text, at)
    if (token === null || !keepsNesting(text.charAt(at), open)) return false
    at += token.length
    if (token.says !== null) yield token.says
    if (open.length === 0) return text.slice(at).trim() === ''
  }
  return false
}

/** Whether a text may be JSON of an object or a list. */
export const looksLikeJson = (text: string): boolean => /^[ \t\r\n]*[[{]/.test(text)

/** Tokens between two breaths. */
export const BREATH = 2_048
const MAX_DEPTH = 1_024
const TOKEN = /[ \t\r\n]+|["[\]{},:]|-?\d[\d.eE+-]{0,400}|true|false|null/y
const NUMBER = /^[-\d]/

type Token = { readonly length: number; readonly says: JsonText | null }

/** Null where none stands. */
function tokenAt(text: string, at: number): Token | null {
  TOKEN.lastIndex = at
  const [token] = TOKEN.exec(text) ?? []
  if (token === undefined) return null
  if (token === '"') return stringAt(text, at)
  const says = NUMBER.test(token) ? { text: String(Number(token)), isName: false } : null
  return { length: token.length, says }
}

function stringAt(text: string, at: number): Token | null {
  const end = endOfString(text, at + 1)
  const said = end < 0 ? null : decoded(text.slice(at + 1, end))
  return said === null
    ? null
    : { length: end + 1 - at, says: { text: said, isName: isFollowedByColon(text, end + 1) } }
}

function keepsNesting(sign: string, open: string[]): boolean {
  if (sign === '[' || sign === '{') return open.push(sign) <= MAX_DEPTH
  if (sign === ']') return open.pop() === '['
  if (sign === '}') return open.pop() === '{'
  return true
}

/** The quote that ends a string; -1 where none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start)
  while (end >= 0 && isEscaped(text, end, start)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, quoteAt: number, start: number): boolean {
  let at = quoteAt
  while (at > start && text.charAt(at - 1) === '\\') at -= 1
  return (quoteAt - at) % 2 === 1
}

const isFollowedByColon = (text: string, at: number): boolean => {
  SPACE.lastIndex = at
  return SPACE.test(text)
}
const SPACE = /[ \t\r\n]*:/y

function decoded(raw: string): string | null {
  if (!raw.includes('\\')) return raw
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    return null
  }
}
