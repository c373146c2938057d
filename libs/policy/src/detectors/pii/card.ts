import { passesLuhn } from './checks.ts'
import { anyOf } from './context.ts'
import type { Words } from './context.ts'
import type { NumberKind } from './number-kind.ts'

/** Payment card numbers (ISO/IEC 7812-1): an issuer's prefix and length, and the check digit. */
export const CARDS: readonly NumberKind[] = [
  {
    signal: 'pii.card',
    forms: ['13', '14', '15', '16', '4-4-4-4', '4-6-5', '4-6-4', '4-4-4-4-3', '4-4-4-1', '4-4-4-3'],
    isValid: isCard,
    words: words(),
    alone:
      /^(?:\d{13,16}|\d{4}([ \u00a0.-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ \u00a0.-])\d{6}\2\d{4,5})$/,
    against: otherWords(),
    isTakenAmid: true,
  },
  {
    signal: 'pii.card',
    forms: ['12', '17', '18', '19', '4-4-4', '4-4-4-2', '6-13', '6-2-4', '4-4-4-5', '4-4-4-6', '8-8', '8-4'],
    isValid: isCard,
    words: words(),
    alone: null,
  },
]

export function isCard(digits: string): boolean {
  return (
    passesLuhn(digits) &&
    ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits))
  )
}

/** Issuer prefixes with the lengths that they are issued in. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|622|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|3095|36|3[89])/, [14, 16, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^35/, [16]],
  [/^(?:1800|2131)/, [15]],
  [/^(?:62|81)/, [16, 17, 18, 19]],
  [/^220[0-4]/, [16, 17, 18, 19]],
  [/^(?:0604|5018|5020|5038|5[6-8]|6304|6390|67[0-9]{2})/, [12, 13, 14, 15, 16, 17, 18, 19]],
  [/^(?:60|6[05]|508|81|82)/, [16]],
]

function words(): Words {
  return anyOf(
    'card',
    ...'cards cc credit debit visa mastercard amex maestro american express diners discover jcb unionpay rupay pan payment'.split(
      ' ',
    ),

    'carte',
    'tarjeta',
    'tarjetas',
    'cartão',
    'cartao',
    'carta di credito',
    'kaart',
    'kort',
    'karta',
    'kartennummer',
    'kreditkarte',
    'creditcard',
    'cardnumber',
    'カード',
    '信用卡',
    'card no',
    'card num',
  )
}

function otherWords(): Words {
  return anyOf(
    'imei',
    ...'iccid meid ean gtin isbn upc barcode tracking serial snowflake epoch timestamp nonce hash checksum commit'.split(
      ' ',
    ),
    ...'msgid requestid traceid spanid'.split(' '),
  )
}
