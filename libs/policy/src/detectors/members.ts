import { isTelling, signalsOfField } from './fields.ts'
import type { Recogniser } from './recogniser.ts'
import { literals, REACH } from './recogniser.ts'
import type { Span } from './sighting.ts'

/**
 * Members of JSON that stands in a text, as in the text blocks of most tool results: their names say what their values are, as the names of
 * a tree's own members do. So do those of JSON that is escaped once or twice, because it is a string of other JSON.
 * Not covered: names without quotation marks; values of over 512 characters; lists beyond their first 512.
 */
export const MEMBERS: Recogniser = {
  signals: [],
  triggers: literals('":', '" :'),
  recognise: (text, start, end) => {
    const marks = backslashesBefore(text, start)
    const opening = openingBefore(text, start - marks, marks)
    if (opening === null) return NONE
    const name = said(text.slice(opening + 1, start - marks), marks)
    if (name === null || !isTelling(name) || !NAME.test(name)) return NONE
    return beginsMember(text, opening - marks) ? valuesFrom(text, end, { name, marks }) : NONE
  },
}

const NONE: readonly Span[] = []
const LONGEST_NAME = 128
/** Letters, digits and what joins words. */
const NAME = /^[\p{L}\p{N}_$@.: -]{1,64}$/u

/** `marks`: backslashes before each quotation mark, by which it is known how often the JSON is escaped: 0, 1 or 3 */
type Member = { readonly name: string; readonly marks: number }

/** The quotation mark before the name that ends here. */
function openingBefore(text: string, end: number, marks: number): number | null {
  const least = Math.max(0, end - LONGEST_NAME)
  for (let at = end - 1; at >= least; at -= 1) {
    if (text.charCodeAt(at) === QUOTE && isMark(backslashesBefore(text, at), marks)) return at
  }
  return null
}

/** Behind a brace or a comma, and white space or the escapes of it. */
function beginsMember(text: string, start: number): boolean {
  const least = Math.max(0, start - LONGEST_INDENT)
  let at = start
  while (at > least && WHITE_OR_ESCAPE.test(text.charAt(at - 1))) {
    const backslashes = backslashesBefore(text, at - 1)
    if (backslashes === 0 && text.charCodeAt(at - 1) > SPACE) return false
    at -= 1 + backslashes
  }
  const before = text.charAt(at - 1)
  return before === '{' || before === ','
}

const LONGEST_INDENT = 64
const WHITE_OR_ESCAPE = /[\snrt]/
const [SPACE, QUOTE, BACKSLASH] = [0x20, 0x22, 0x5c]

function backslashesBefore(text: string, at: number): number {
  let first = at
  while (first > 0 && at - first < MOST_BACKSLASHES && text.charCodeAt(first - 1) === BACKSLASH) first -= 1
  return at - first
}

const MOST_BACKSLASHES = 8

/** In plain JSON, a quotation mark may stand behind a backslash that is itself escaped. */
const isMark = (backslashes: number, marks: number): boolean =>
  marks === 0 ? backslashes % 2 === 0 : backslashes === marks

/** What a string says once all its escapes are read; null where they are none of JSON. */
function said(raw: string, marks: number): string | null {
  if (!raw.includes('\\')) return raw
  try {
    let text = raw
    for (let level = 1; level <= marks + 1; level *= 2) text = String(JSON.parse(`"${text}"`))
    return text
  } catch {
    return null
  }
}

function valuesFrom(text: string, colon: number, member: Member): readonly Span[] {
  const last = Math.min(text.length, colon + REACH)
  const spans: Span[] = []
  let at = beyondWhite(text, colon)
  const isList = text.charAt(at) === '['
  if (isList) at = beyondWhite(text, at + 1)
  while (at < last) {
    const value = valueAt(text, at, member.marks)
    if (value === null) break
    for (const signal of signalsOfField(member.name, value.says))
      spans.push({ signal, start: value.start, end: value.end })
    at = beyondWhite(text, value.next)
    if (!isList || text.charAt(at) !== ',') break
    at = beyondWhite(text, at + 1)
  }
  return spans
}

function beyondWhite(text: string, from: number): number {
  WHITE.lastIndex = from
  return from + (WHITE.exec(text)?.[0].length ?? 0)
}

const WHITE = /(?:\s|\\+[nrt]){0,64}/y

type Value = { readonly says: string; readonly start: number; readonly end: number; readonly next: number }

function valueAt(text: string, at: number, marks: number): Value | null {
  const start = at + marks + 1
  if (text.charCodeAt(start - 1) === QUOTE && isMark(backslashesBefore(text, start - 1), marks))
    return stringFrom(text, start, marks)
  NUMBER.lastIndex = at
  const number = NUMBER.exec(text)?.[0]
  if (number === undefined) return null
  const end = at + number.length
  return { says: number, start: at, end, next: end }
}

const NUMBER = /\d{4,20}(?![\w.])/y

function stringFrom(text: string, start: number, marks: number): Value | null {
  const last = Math.min(text.length, start + REACH)
  for (let at = text.indexOf('"', start); at >= 0 && at < last; at = text.indexOf('"', at + 1)) {
    const backslashes = backslashesBefore(text, at)
    if (backslashes < marks) return null
    if (!isMark(backslashes, marks)) continue
    const end = at - marks
    const says = said(text.slice(start, end), marks)
    return says === null ? null : { says, start, end, next: at + 1 }
  }
  return null
}
