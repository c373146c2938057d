import { isDay, isUniform, passesVerhoeff, restOf, weigh } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

export const ASIA_PACIFIC_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.in.aadhaar',
    forms: ['12', '4-4-4'],
    isValid: (digits) => /^[2-9]\d{11}$/.test(digits) && !isUniform(digits) && passesVerhoeff(digits),
    words: anyOf('aadhaar', 'aadhar', 'adhaar', 'uidai', 'uid', 'आधार'),
    alone: /^\d{4}([ -])\d{4}\1\d{4}$/,
  },
  {
    signal: 'pii.au.tfn',
    forms: ['9', '8', '3-3-3', '3-3-2', '2-3-3'],
    isValid: isTaxFileNumber,
    words: anyOf('tfn', 'tax file', 'taxfile'),
    alone: null,
  },
  {
    signal: 'pii.au.abn',
    forms: ['11', '2-3-3-3'],
    isValid: isBusinessNumber,
    words: anyOf('abn', 'australian business', 'business number'),
    alone: /^\d\d \d{3} \d{3} \d{3}$/,
  },
  {
    signal: 'pii.au.medicare',
    forms: ['10', '11', '4-5-1', '4-5-1-1', '4-5-2', '10-1'],
    isValid: isMedicareCard,
    words: anyOf('medicare'),
    alone: /^\d{4} \d{5} \d(?:[ /-]\d)?$/,
  },
  {
    signal: 'pii.kr.rrn',
    forms: ['13', '6-7'],
    isValid: isResidentRegistration,
    words: anyOf('rrn', 'resident registration', 'jumin', '주민등록번호', '주민번호', '주민', 'korean'),
    alone: /^\d{6}-\d{7}$/,
  },
  {
    signal: 'pii.jp.my_number',
    forms: ['12', '4-4-4'],
    isValid: isMyNumber,
    words: anyOf('my number', 'mynumber', 'マイナンバー', '個人番号', 'kojin bango', 'individual number'),
    alone: null,
  },
]

function isTaxFileNumber(digits: string): boolean {
  const weights = digits.length === 8 ? [10, 7, 8, 4, 6, 3, 5, 1] : [1, 4, 3, 7, 5, 8, 6, 9, 10]
  return !isUniform(digits) && weigh(digits, weights) % 11 === 0
}

function isBusinessNumber(digits: string): boolean {
  return (
    digits.length === 11 &&
    !digits.startsWith('0') &&
    (weigh(digits, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0
  )
}

/** The ninth digit checks the eight before; the tenth counts the cards, an eleventh the people on one. */
function isMedicareCard(digits: string): boolean {
  return (
    /^[2-6]\d{8}[1-9]\d?$/.test(digits) &&
    weigh(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(digits.charAt(8))
  )
}

function isResidentRegistration(digits: string): boolean {
  const check = (11 - (weigh(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10
  return (
    digits.length === 13 &&
    isDay(digits.slice(2, 4), digits.slice(4, 6)) &&
    /^\d{6}[0-9]/.test(digits) &&
    (check === Number(digits.charAt(12)) ||
      ((check + 2) % 10 === Number(digits.charAt(12)) && /^\d{6}[5-8]/.test(digits)))
  )
}

function isMyNumber(digits: string): boolean {
  const rest = weigh(digits, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
  return (
    digits.length === 12 && !isUniform(digits) && (rest <= 1 ? 0 : 11 - rest) === Number(digits.charAt(11))
  )
}

export const ASIA_PACIFIC_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.in.pan',
    triggers: [{ kind: 'mixed', min: 10, max: 10 }],
    shape: /(?<![\p{L}\p{N}_-])[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?![\p{L}\p{N}_-])/iuy,
    isValid: (code) => code.slice(5, 9) !== '0000',
    words: anyOf('pan', 'permanent account', 'income tax', 'pan card'),
    alone: /^[A-Z]{3}P[A-Z]\d{4}[A-Z]$/,
  },
  {
    signal: 'pii.sg.nric',
    triggers: [{ kind: 'mixed', min: 9, max: 9 }],
    shape: /(?<![\p{L}\p{N}_-])[STFGM]\d{7}[A-Z](?![\p{L}\p{N}_-])/iuy,
    isValid: isNric,
    words: anyOf('nric', 'fin', 'singapore', 'identity card', 'ic'),
    alone: /^[STFGM]\d{7}[A-Z]$/,
  },
]

/** Weights 2, 7, 6, 5, 4, 3, 2; T and G add 4, M adds 3, and each series has letters of its own. */
function isNric(code: string): boolean {
  const series = code.charAt(0)
  const sum = weigh(code.slice(1, 8), [2, 7, 6, 5, 4, 3, 2]) + (NRIC_OFFSETS[series] ?? 0)
  const rest = restOf(String(sum), 11)
  const place = series === 'M' ? 10 - rest : rest
  return NRIC_LETTERS[series]?.charAt(place) === code.charAt(8)
}

const NRIC_OFFSETS: Readonly<Record<string, number>> = { T: 4, G: 4, M: 3 }
const NRIC_LETTERS: Readonly<Record<string, string>> = {
  S: 'JZIHGFEDCBA',
  T: 'JZIHGFEDCBA',
  F: 'XWUTRQPNMLK',
  G: 'XWUTRQPNMLK',
  M: 'KLJNPQRTUWX',
}
