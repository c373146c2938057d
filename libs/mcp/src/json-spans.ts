import type { Json } from '@writ/contracts'

/** Where one value stands in the text of a message. */
export type Span = {
  readonly start: number
  readonly end: number
  readonly members?: ReadonlyMap<string, Span>
  readonly items?: readonly Span[]
}

/** One text in the place of another. Every other character of a message stays as it was written: numbers, order, spelling. */
export type Edit = { readonly at: Span; readonly text: string }

/** @param text JSON that was read strictly before: its depth is bounded, and no name stands twice */
export function spansOf(text: string): Span {
  return valueAt(text, afterSpace(text, 0))
}

/** The value at a path of names; undefined where there is none. */
export function spanAt(span: Span | undefined, ...names: readonly string[]): Span | undefined {
  return names.reduce((at, name) => at?.members?.get(name), span)
}

export const textIn = (text: string, { start, end }: Span): string => text.slice(start, end)

export function valueIn(text: string, span: Span): Json {
  const value: Json = JSON.parse(textIn(text, span))
  return value
}

/** The string that stands there; null for anything else. */
export function stringIn(text: string, span: Span | undefined): string | null {
  if (span === undefined || text[span.start] !== '"') return null
  const value = valueIn(text, span)
  return typeof value === 'string' ? value : null
}

/** The very same text where nothing is edited. */
export function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let from = 0
  for (const { at, text: other } of edits.toSorted((left, right) => left.at.start - right.at.start)) {
    parts.push(text.slice(from, at.start), other)
    from = at.end
  }
  return from === 0 ? text : parts.join('') + text.slice(from)
}

function valueAt(text: string, start: number): Span {
  if (text[start] === '{') return objectAt(text, start)
  if (text[start] === '[') return listAt(text, start)
  return { start, end: text[start] === '"' ? endOfString(text, start) : endOfWord(text, start) }
}

function objectAt(text: string, start: number): Span {
  const members = new Map<string, Span>()
  let at = afterSpace(text, start + 1)
  while (text[at] !== '}') {
    const end = endOfString(text, at)
    const name: string = JSON.parse(text.slice(at, end))
    const value = valueAt(text, afterSpace(text, afterSpace(text, end) + 1))
    members.set(name, value)
    at = afterComma(text, value.end)
  }
  return { start, end: at + 1, members }
}

function listAt(text: string, start: number): Span {
  const items: Span[] = []
  let at = afterSpace(text, start + 1)
  while (text[at] !== ']') {
    const item = valueAt(text, at)
    items.push(item)
    at = afterComma(text, item.end)
  }
  return { start, end: at + 1, items }
}

/** Behind the comma that follows a value, or at the bracket that ends it all. */
function afterComma(text: string, end: number): number {
  const at = afterSpace(text, end)
  if (text[at] === undefined) throw new SyntaxError('the text ends within a value')
  return text[at] === ',' ? afterSpace(text, at + 1) : at
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1))
    if (!isEscaped(text, at)) return at + 1
  throw new SyntaxError('the text ends within a string')
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text[before - 1] === '\\') before -= 1
  return (at - before) % 2 === 1
}

function endOfWord(text: string, start: number): number {
  let at = start
  while (at < text.length && !ENDS_WORD.has(text.charAt(at))) at += 1
  return at
}

function afterSpace(text: string, from: number): number {
  let at = from
  while (SPACE.has(text.charAt(at))) at += 1
  return at
}

const SPACE: ReadonlySet<string> = new Set(' \t\r\n')
const ENDS_WORD: ReadonlySet<string> = new Set(' \t\r\n,]}')
