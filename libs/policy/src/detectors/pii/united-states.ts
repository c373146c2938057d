import { passesLuhn, weigh } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

/** Letters of a Medicare number: without S, L, O, I, B and Z, that look like digits. */
const MBI_LETTER = '[AC-HJKMNP-RT-Y]'
const MBI_ANY = '[0-9AC-HJKMNP-RT-Y]'

export const US_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.ssn',
    forms: ['9', '3-2-4'],
    isValid: isSocialSecurityNumber,
    words: anyOf('ssn', 'ssns', 'social security', 'socialsecurity', 'soc sec', 'ss no', 'ss number'),
    alone: /^\d{3}-\d{2}-\d{4}$/,
  },
  {
    signal: 'pii.us.itin',
    forms: ['9', '3-2-4'],
    isValid: (digits) => /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-2]|9[4-9])\d{4}$/.test(digits),
    words: anyOf('itin', 'individual taxpayer', 'taxpayer identification', 'taxpayer id', 'tax id'),
    alone: /^\d{3}-\d{2}-\d{4}$/,
  },
  {
    signal: 'pii.us.ein',
    forms: ['9', '2-7'],
    isValid: (digits) =>
      !/^(?:00|07|08|09|17|18|19|28|29|49|69|70|78|79|89|96|97)/.test(digits) && digits.length === 9,
    words: anyOf(
      'ein',
      'fein',
      'employer id',
      'employer identification',
      'federal tax id',
      'federal id',
      'employer tax id',
    ),
    alone: null,
  },
  {
    signal: 'pii.us.routing',
    forms: ['9', '4-4-1', '3-3-3'],
    isValid: isRoutingNumber,
    words: anyOf('routing', 'aba', 'rtn', 'routing transit', 'transit number', 'wire', 'ach'),
    alone: null,
  },
  {
    signal: 'pii.us.npi',
    forms: ['10', '4-3-3', '3-3-4'],
    isValid: (digits) => /^[12]/.test(digits) && digits.length === 10 && passesLuhn(`80840${digits}`),
    words: anyOf('npi', 'national provider', 'provider identifier', 'provider id', 'provider number'),
    alone: null,
  },
]

/** Never assigned: area 000, 666 and 9xx, group 00, serial 0000; and two numbers that advertising burnt. */
function isSocialSecurityNumber(digits: string): boolean {
  if (/^(?:000|666|9)/.test(digits) || digits.slice(3, 5) === '00' || digits.endsWith('0000')) return false
  return digits !== '078051120' && digits !== '219099999'
}

/** American Bankers Association: the Federal Reserve's districts, and the check digit. */
function isRoutingNumber(digits: string): boolean {
  return (
    /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(digits) &&
    !/^0{9}$/.test(digits) &&
    weigh(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0
  )
}

export const US_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.us.dea',
    triggers: [{ kind: 'mixed', min: 9, max: 9 }],
    shape: /(?<![\p{L}\p{N}_-])[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}(?![\p{L}\p{N}_-])/iuy,
    isValid: (code) => isDeaNumber(code.slice(2)),
    words: anyOf('dea', 'drug enforcement', 'prescriber', 'controlled substance', 'controlled substances'),
    alone: null,
  },
  {
    signal: 'pii.us.mbi',
    triggers: [
      { kind: 'mixed', min: 4, max: 4 },
      { kind: 'mixed', min: 11, max: 11 },
    ],
    shape: new RegExp(
      `(?<![\\p{L}\\p{N}_-])[1-9]${MBI_LETTER}${MBI_ANY}\\d(?<between>[ -]?)${MBI_LETTER}${MBI_ANY}\\d\\k<between>` +
        `${MBI_LETTER}${MBI_LETTER}\\d\\d(?![\\p{L}\\p{N}_-])`,
      'iuy',
    ),
    isValid: () => true,
    words: anyOf('mbi', 'medicare', 'beneficiary'),
    alone: /^[\dA-Z]{4}-[\dA-Z]{3}-[\dA-Z]{4}$/,
  },
]

/** Sum of the odd places and twice the sum of the even ones. */
const isDeaNumber = (digits: string): boolean =>
  weigh(digits, [1, 2, 1, 2, 1, 2]) % 10 === Number(digits.charAt(6))
