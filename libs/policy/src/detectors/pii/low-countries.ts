import { isUniform, restOf, weigh } from './checks.ts'
import { anyOf } from './context.ts'
import type { NumberKind } from './number-kind.ts'

export const LOW_COUNTRY_NUMBERS: readonly NumberKind[] = [
  {
    signal: 'pii.nl.bsn',
    forms: ['9', '8', '4-2-3', '3-3-3', '3-2-4', '2-2-2-3'],
    isValid: isBsn,
    words: anyOf(
      'bsn',
      'burgerservicenummer',
      'burger service nummer',
      'burgerservice',
      'citizen service',
      'sofinummer',
      'sofi',
      'dutch',
    ),
    alone: null,
  },
  {
    signal: 'pii.be.nrn',
    forms: ['11', '2-2-2-3-2', '6-3-2', '6-5'],
    isValid: isNationalRegister,
    words: anyOf(
      'nrn',
      'rijksregister',
      'registre national',
      'national register',
      'national number',
      'niss',
      'insz',
      'nationaal nummer',

      'numéro national',
      'numero national',
      'rijksregisternummer',
      'belgian',
      'national registry',
      'nationaalnummer',
    ),
    alone: /^\d\d\.\d\d\.\d\d-\d{3}[.-]\d\d$/,
  },
]

/** The test of eleven: weights 9 to 2 and -1. */
function isBsn(digits: string): boolean {
  const nine = digits.padStart(9, '0')
  return nine.length === 9 && !isUniform(nine) && weigh(nine, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0
}

/** 97 less the rest; for those born from 2000 on, a 2 stands before. The month is 20 or 40 higher where the sex is not known. */
function isNationalRegister(digits: string): boolean {
  const check = Number(digits.slice(9))
  const isChecked = ['', '2'].some((century) => 97 - restOf(century + digits.slice(0, 9), 97) === check)
  return (
    digits.length === 11 &&
    isChecked &&
    Number(digits.slice(2, 4)) % 20 <= 12 &&
    Number(digits.slice(4, 6)) <= 31
  )
}
