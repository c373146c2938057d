import { passesLuhn } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

/** A digit, or the letter that takes its place where two people would have one code. */
const DIGIT = '[0-9LMNP-V]'

export const ITALIAN_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.it.fiscal_code',
    triggers: [
      { kind: 'mixed', min: 16, max: 16 },
      { kind: 'mixed', min: 5, max: 5 },
    ],
    offsets: [0, -8],
    shape: new RegExp(
      `(?<![\\p{L}\\p{N}_-])[A-Z]{3} ?[A-Z]{3} ?${DIGIT}{2}[A-EHLMPR-T]${DIGIT}{2} ?[A-Z]${DIGIT}{3} ?[A-Z](?![\\p{L}\\p{N}_-])`,
      'iuy',
    ),
    isValid: isFiscalCode,
    words: anyOf('codice fiscale', 'fiscale', 'cf', 'fiscal code', 'tax code', 'italian'),
    alone: /^/,
  },
]

/** D.M. 12 March 1974: odd places count by a table, even ones by their value, modulo 26. */
function isFiscalCode(code: string): boolean {
  const sum = Array.from(code.slice(0, 15)).reduce((total, character, at) => {
    const value = /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65
    return total + (at % 2 === 0 ? (ODD[value] ?? 0) : value)
  }, 0)
  return String.fromCharCode(65 + (sum % 26)) === code.charAt(15)
}

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

export const ITALIAN_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.it.vat',
    forms: ['11'],
    isValid: (digits) => digits.length === 11 && passesLuhn(digits) && !/^0{7}/.test(digits),
    words: anyOf('partita iva', 'p iva', 'piva', 'iva'),
    alone: null,
  },
]
