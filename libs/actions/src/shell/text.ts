/**
 * Text of which parts are not known. Characters of the private use area stand for what a shell would put there; `normalise` takes such
 * characters out of what is read, so that one in a folded text always means this.
 */
export const UNKNOWN = '\ue000'
/** an active `*`, `?`, and `**` or any path below */
export const STAR = '\ue001'
export const ONE = '\ue002'
export const BELOW = '\ue003'

/** Where words came from, as bits. */
export const SECRET = 1
export const REMOTE = 2
export const ENVIRONMENT = 4
export const DECODED = 8
/** what a local command printed */
export const LOCAL = 16

/** what is read of the files of what keeps watch, as a process id is */
export const WATCH = 32

/** some lines of it, or all of them in another order */
export const LINES = 64

/** A folded text and where its parts came from. */
export type Value = { readonly text: string; readonly from: number }

export const literal = (text: string): Value => ({ text, from: 0 })
export const NOTHING: Value = literal('')
export const unknownFrom = (from: number): Value => ({ text: UNKNOWN, from })

/** Longer texts are cut, and what follows is not known. */
export const bounded = (text: string): string =>
  text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) + UNKNOWN : text
const MAX_TEXT = 16_384

export function joined(values: readonly Value[], separator = ''): Value {
  let text = ''
  for (const [at, value] of values.entries()) {
    if (text.length > MAX_TEXT) break
    text += at === 0 ? value.text : separator + value.text
  }
  return { text: bounded(text), from: values.reduce((from, value) => from | value.from, 0) }
}

export const isKnown = (text: string): boolean => !text.includes(UNKNOWN)
export const hasGlob = (text: string): boolean => /[\ue001-\ue003]/.test(text)
export const isFrom = (value: { readonly from: number }, bit: number): boolean => (value.from & bit) !== 0

/** The text as it would be written in a shell: active globs are globs again, so that it can be parsed once more. */
export const asScript = (text: string): string =>
  text.replaceAll(STAR, '*').replaceAll(ONE, '?').replaceAll(BELOW, '*')

/** For people: what is not known is an ellipsis. */
export const shown = (text: string): string => shownWhole(text).slice(0, MAX_SHOWN)
const MAX_SHOWN = 200

export const shownWhole = (text: string): string =>
  asScript(text).replaceAll(UNKNOWN, '…').slice(0, MAX_WHOLE)
const MAX_WHOLE = 4096

/** What may follow when the unknown parts are empty, as variables that were never set are. */
export const withoutUnknown = (text: string): string => text.replaceAll(UNKNOWN, '')

/** Does a text match? Whatever its stars, the work is at most the product of both lengths, which are bounded. */
export type Glob = { readonly test: (text: string) => boolean }

export function globExpression(pattern: string): Glob {
  const marks = Array.from(
    pattern
      .slice(0, MAX_PATTERN)
      .toLowerCase()
      .replaceAll(/\ue003+\//g, ANY_FOLDERS),
  )
  return { test: (text) => matches(marks, text.slice(0, MAX_MATCHED).toLowerCase()) }
}
const MAX_PATTERN = 512
const MAX_MATCHED = 1024
/** `**` and a slash: any folders, or none */
const ANY_FOLDERS = '\ue007'

/** Follows all places of the pattern at once, one character of the text after the other. */
function matches(marks: readonly string[], text: string): boolean {
  let places = withEmpty(marks, new Set([0]))
  for (const character of text) {
    const next = new Set<number>()
    for (const place of places) for (const to of stepsOf(marks, place, character)) next.add(to)
    places = withEmpty(marks, next)
    if (places.size === 0) return false
  }
  return places.has(marks.length)
}

/** Stars may stand for nothing. */
function withEmpty(marks: readonly string[], places: Set<number>): Set<number> {
  for (const place of places) if (STARS.has(marks[place] ?? '')) places.add(place + 1)
  return places
}
const STARS: ReadonlySet<string> = new Set([STAR, BELOW, ANY_FOLDERS])

function stepsOf(marks: readonly string[], place: number, character: string): readonly number[] {
  const mark = marks[place]
  if (mark === STAR) return character === '/' ? [] : [place]
  if (mark === BELOW) return [place]
  if (mark === ANY_FOLDERS) return character === '/' ? [place, place + 1] : [place]
  if (mark === ONE) return character === '/' ? [] : [place + 1]
  return mark === character ? [place + 1] : []
}
/** Stands between the elements of `"$@"` and `"${a[@]}"`, which stay words of their own also inside quotes. */
export const ELEMENT = '\ue004'
