import type { Span } from './sighting.ts'

/** Payment card numbers: the usual groupings, an issuer's prefix and length, and the check digit (ISO/IEC 7812-1 annex B). */
export function* detectCards(text: string): Generator<Span> {
  for (const { 0: found, index } of text.matchAll(GROUPED)) {
    const digits = found.replace(/\D/g, '')
    if (hasIssuer(digits) && passesLuhn(digits))
      yield { signal: 'pii.card', start: index, end: index + found.length }
  }
}

const GROUPED =
  /(?<![\w.])(?:\d{13,19}|\d{4}([ \u00a0.-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ \u00a0.-])\d{6}\2\d{4,5})(?!\d)/g

/** Issuer prefixes with the lengths that they are issued in. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|36|3[89])/, [14, 16]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [13, 14, 15, 16, 17, 18, 19]],
]

const hasIssuer = (digits: string): boolean =>
  ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits))

function passesLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, place) => {
      const weighted = Number(digit) * (place % 2 === 0 ? 1 : 2)
      return total + (weighted > 9 ? weighted - 9 : weighted)
    }, 0)
  return sum % 10 === 0
}
