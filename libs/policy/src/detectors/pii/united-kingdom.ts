import { isUniform, weigh } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

export const UK_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.uk.nhs',
    forms: ['10', '3-3-4'],
    isValid: isNhsNumber,
    words: anyOf(
      'nhs',
      'national health',
      'health service',
      'health number',
      'patient',
      'patients',
      'medical record',
    ),
    alone: null,
  },
  {
    signal: 'pii.uk.utr',
    forms: ['10', '5-5'],
    isValid: isTaxpayerReference,
    words: anyOf('utr', 'unique taxpayer', 'taxpayer reference', 'tax reference', 'self assessment', 'hmrc'),
    alone: null,
  },
  {
    signal: 'pii.uk.sort_code',
    forms: ['6', '2-2-2'],
    isValid: (digits) => !isUniform(digits),
    words: anyOf('sort code', 'sortcode', 'sort codes'),
    alone: null,
  },
  {
    signal: 'pii.uk.account',
    forms: ['8', '4-4', '2-2-2-8'],
    isValid: (digits) => !isUniform(digits),
    words: anyOf(
      'sort code',
      'sortcode',
      'bank account',
      'account number',
      'account no',
      'acct',
      'acc no',
      'account num',
    ),
    alone: null,
    isWeak: true,
  },
]

/** NHS data dictionary: weights 10 to 2, modulo 11. */
function isNhsNumber(digits: string): boolean {
  const check = 11 - (weigh(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)
  return digits.length === 10 && !isUniform(digits) && check % 11 === Number(digits.charAt(9)) && check !== 10
}

/** The first digit checks the other nine. */
function isTaxpayerReference(digits: string): boolean {
  return (
    digits.length === 10 &&
    !isUniform(digits) &&
    '21987654321'.charAt(weigh(digits.slice(1), [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11) === digits.charAt(0)
  )
}

export const UK_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.uk.nino',
    triggers: [
      { kind: 'mixed', min: 9, max: 9 },
      { kind: 'mixed', min: 8, max: 8 },
      { kind: 'mixed', min: 4, max: 4 },
      { kind: 'digits', min: 6, max: 6 },
    ],
    offsets: [0, -2, -3],
    shape:
      /(?<![\p{L}\p{N}_-])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PRSTW-Z][A-CEGHJ-NPRSTW-Z]([ -]?)\d\d(?:\1|[ -]?)\d\d(?:\1|[ -]?)\d\d[ -]?[A-D](?![\p{L}\p{N}_-])/iuy,
    isValid: () => true,
    words: anyOf('ni', 'nino', 'national insurance', 'insurance number', 'ni number'),
    alone: /^[A-Z]{2}[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D]$/,
  },
]
