import { isDay, passesMod11And10 } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

export const GERMAN_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.de.tax_id',
    forms: ['11', '2-3-3-3'],
    isValid: isTaxId,
    words: anyOf(
      'steuer*',

      '*identifikationsnummer',
      'idnr',
      'steuernummer',
      'steuerid',
      'tax id',
      'tax identification',
      'tin',
      'german tax',
      'tax number',
      'taxpayer',
    ),
    alone: /^\d\d([ /])\d{3}\1\d{3}\1\d{3}$/,
    isLikely: repeatsOneDigit,
  },
]

/** § 139b Abgabenordnung. */
function isTaxId(digits: string): boolean {
  return digits.length === 11 && !digits.startsWith('0') && passesMod11And10(digits)
}

/** Of the first ten digits exactly one stands there twice or three times. */
function repeatsOneDigit(digits: string): boolean {
  const counts = Array.from('0123456789', (digit) => digits.slice(0, 10).split(digit).length - 1)
  return counts.filter((count) => count > 1).length === 1 && Math.max(...counts) <= 3
}

export const GERMAN_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.de.id_card',
    triggers: [{ kind: 'mixed', min: 9, max: 11 }],
    shape: /(?<![\p{L}\p{N}_-])[CFGHJK-NPRTV-Z][CFGHJK-NPRTV-Z0-9]{8}(?:\dD?)?(?![\p{L}\p{N}_-])/iuy,
    isValid: isIdCard,
    words: anyOf(
      'personalausweis*',
      'ausweis*',
      'ausweisnummer',
      'ausweisnr',
      'ausweis nr',
      'identity card',
      'id card',
      'perso',
    ),
    alone: null,
  },
  {
    signal: 'pii.de.social_insurance',
    triggers: [
      { kind: 'mixed', min: 12, max: 12 },
      { kind: 'mixed', min: 7, max: 10 },
      { kind: 'digits', min: 8, max: 8 },
    ],
    offsets: [0, -3],
    shape: /(?<![\p{L}\p{N}_-])\d\d[ -]?\d{6}[ -]?[A-Z][ -]?\d{3}(?![\p{L}\p{N}_-])/iuy,
    isValid: isSocialInsuranceNumber,
    words: anyOf(
      'sozialversicherung*',
      '*versicherungsnummer',
      'rentenversicherung',
      'svnr',
      'social insurance',
      'sv nummer',
    ),
    alone: /^[^a-z]+$/,
  },
  {
    signal: 'pii.de.vat',
    triggers: [
      { kind: 'mixed', min: 11, max: 11 },
      { kind: 'digits', min: 9, max: 9 },
    ],
    offsets: [0, -3],
    shape: /(?<![\p{L}\p{N}_-])DE ?\d{3} ?\d{3} ?\d{3}(?![\p{L}\p{N}_-])/iuy,
    isValid: (code) => passesMod11And10(code.slice(2)),
    words: anyOf('vat', 'ust', 'ustid', 'ust id', 'ust idnr', 'umsatzsteuer', 'tax'),
    alone: /^DE/,
  },
]

/** Weights 7, 3, 1 over nine characters, letters counting from ten (ICAO 9303-3 §4.9); the last digit, where it stands there, checks. */
function isIdCard(code: string): boolean {
  const sum = Array.from(code.slice(0, 9)).reduce(
    (total, character, at) => total + Number.parseInt(character, 36) * ([7, 3, 1][at % 3] ?? 0),
    0,
  )
  const hasDigits = /\d.*\d.*\d/.test(code)
  return hasDigits && (code.length === 9 || sum % 10 === Number(code.charAt(9)))
}

/** § 2 VKVV: the letter counts as two digits, and the digits of each product are added. */
function isSocialInsuranceNumber(code: string): boolean {
  const letter = String(code.charCodeAt(8) - 64).padStart(2, '0')
  const digits = code.slice(0, 8) + letter + code.slice(9, 11)
  const products = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].map(
    (weight, at) => weight * Number(digits.charAt(at)),
  )
  const sum = products.reduce((total, product) => total + Math.floor(product / 10) + (product % 10), 0)
  const day = String(Number(code.slice(2, 4)) % 50).padStart(2, '0')
  return sum % 10 === Number(code.charAt(11)) && isDay(code.slice(4, 6), day)
}
