import { restOf, weigh } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

export const IBERIAN_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.es.nif',
    triggers: [
      { kind: 'mixed', min: 9, max: 9 },
      { kind: 'mixed', min: 4, max: 4 },
      { kind: 'digits', min: 8, max: 8 },
    ],
    shape: /(?<![\p{L}\p{N}_.-])(?:\d{8}|\d\d\.\d{3}\.\d{3})[ -]?[A-HJ-NP-TV-Z](?![\p{L}\p{N}_-])/iuy,
    isValid: (code) => letterOf(code.slice(0, 8)) === code.charAt(8),
    words: anyOf('nif', 'dni', 'documento nacional', 'identidad', 'spanish'),
    alone: /^\d{8}-?[A-Z]$|^\d\d\.\d{3}\.\d{3}-?[A-Z]$/,
  },
  {
    signal: 'pii.es.nie',
    triggers: [
      { kind: 'mixed', min: 9, max: 9 },
      { kind: 'mixed', min: 8, max: 8 },
      { kind: 'digits', min: 7, max: 7 },
    ],
    offsets: [0, -2],
    shape: /(?<![\p{L}\p{N}_.-])[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z](?![\p{L}\p{N}_-])/iuy,
    isValid: (code) => letterOf(`${'XYZ'.indexOf(code.charAt(0))}${code.slice(1, 8)}`) === code.charAt(8),
    words: anyOf('nie', 'extranjero', 'extranjería', 'residencia', 'foreigner'),
    alone: /^[XYZ]-?\d{7}-?[A-Z]$/,
  },
]

/** Real Decreto 1553/2005: the rest modulo 23 chooses the letter. */
const letterOf = (digits: string): string => 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(restOf(digits, 23))

export const IBERIAN_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.pt.nif',
    forms: ['9', '3-3-3'],
    isValid: isPortugueseNif,
    words: anyOf(
      'nif',
      'contribuinte',
      'nipc',
      'fiscal',
      'portuguese',
      'portugal',
      'número de identificação',
    ),
    alone: null,
  },
]

function isPortugueseNif(digits: string): boolean {
  const rest = weigh(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
  return (
    /^(?:[1235689]|45|7[0-9])/.test(digits) &&
    digits.length === 9 &&
    (rest < 2 ? 0 : 11 - rest) === Number(digits.charAt(8))
  )
}
