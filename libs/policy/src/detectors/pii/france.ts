import { passesLuhn, restOf } from './checks.ts'
import { anyOf } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'

const nirWords = anyOf(
  'nir',
  'sécurité sociale',
  'securite sociale',
  'sécu',
  'secu',
  'insee',
  'numéro de sécu',
  'social security',
  'french',
)

export const FRENCH_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.fr.nir',
    forms: ['15', '13-2', '1-2-2-2-3-3-2', '1-2-2-2-3-3', '1-2-2-2-6-2'],
    isValid: isNir,
    words: nirWords,
    alone: /^.{15,}$/,
    isTakenAmid: true,
  },
  {
    signal: 'pii.fr.siret',
    forms: ['14', '3-3-3-5'],
    isValid: (digits) => digits.length === 14 && passesLuhn(digits) && !/^0{9}/.test(digits),
    words: anyOf('siret', 'établissement', 'etablissement'),
    alone: /^\d{3}[ \u00a0]\d{3}[ \u00a0]\d{3}[ \u00a0]\d{5}$/,
  },
  {
    signal: 'pii.fr.siren',
    forms: ['9', '3-3-3'],
    isValid: (digits) => passesLuhn(digits) && !/^0{9}/.test(digits),
    words: anyOf('siren', 'rcs'),
    alone: null,
  },
]

/** Sex, year, month (above 12 where it is not known), place, order; and the key, 97 less the rest. */
function isNir(digits: string): boolean {
  return (
    /^[123478]\d\d(?:0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)/.test(digits) &&
    digits.length === 15 &&
    97 - restOf(digits.slice(0, 13), 97) === Number(digits.slice(13))
  )
}

export const FRENCH_CODES: readonly CodeKind[] = [
  {
    signal: 'pii.fr.nir',
    triggers: [
      { kind: 'mixed', min: 15, max: 15 },
      { kind: 'mixed', min: 2, max: 2 },
    ],
    offsets: [0, -8],
    shape: /(?<![\p{L}\p{N}_-])[12] ?\d\d ?\d\d ?2[AB] ?\d{3} ?\d{3} ?\d\d(?![\p{L}\p{N}_-])/iuy,
    isValid: isCorsican,
    words: nirWords,
    alone: /^/,
  },
]

/** The départements 2A and 2B count as 19 and 18. */
function isCorsican(code: string): boolean {
  return isNir(code.replace(/^(.{5})2A/, '$119').replace(/^(.{5})2B/, '$118'))
}
