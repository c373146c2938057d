import type { Span } from './sighting.ts'

/** Telephone numbers: E.164 with its plus sign, and North American numbers in their strict shapes. Bare digits are none. */
export function* detectPhones(text: string): Generator<Span> {
  yield* numbersIn(text, INTERNATIONAL, isInternational)
  yield* numbersIn(text, NORTH_AMERICAN, isNorthAmerican)
}

function* numbersIn(text: string, shape: RegExp, holds: (digits: string) => boolean): Generator<Span> {
  for (const { 0: found, index } of text.matchAll(shape)) {
    const length = lengthThatHolds(found, holds)
    if (length > 0) yield { signal: 'pii.phone', start: index, end: index + length }
  }
}

/** A number that follows the telephone number looks like one more group of it: groups fall off until the rest is a number. */
function lengthThatHolds(found: string, holds: (digits: string) => boolean): number {
  let rest = found
  while (rest !== '' && !holds(rest.replace(/\D/g, ''))) {
    rest = rest.slice(0, Math.max(0, ...SEPARATORS.map((separator) => rest.lastIndexOf(separator))))
  }
  return rest.length
}

const SEPARATORS = [' ', '\u00a0', '.', '-']

const INTERNATIONAL =
  /(?<![\w+.])\+[1-9]\d{0,14}(?:[ \u00a0.-]?\(\d{1,4}\)[ \u00a0.-]?\d{1,14})?(?:[ \u00a0.-]\d{1,14}){0,6}(?![\w+])/g

const NORTH_AMERICAN = /(?<![\w+.-]|\+1[ \u00a0])(?:\(\d{3}\) ?|\d{3}([.-]))\d{3}[.-]\d{4}(?![\w-]|\.\d)/g

function isInternational(digits: string): boolean {
  if (digits.length < 8 || digits.length > 15) return false
  return digits.startsWith('1') ? digits.length === 11 && isNorthAmerican(digits.slice(1)) : true
}

/** Area code and exchange begin with 2 to 9 and are no service codes. */
const isNorthAmerican = (digits: string): boolean => /^[2-9](?!11)\d\d[2-9](?!11)\d{6}$/.test(digits)
