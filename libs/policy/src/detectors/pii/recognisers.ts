import type { Recogniser } from '../recogniser.ts'
import { AMERICAN_AND_AFRICAN_NUMBERS } from './americas-and-africa.ts'
import { ASIA_PACIFIC_CODES, ASIA_PACIFIC_NUMBERS } from './asia-pacific.ts'
import { CARDS } from './card.ts'
import { codeRecogniser } from './codes.ts'
import { BASE58_ADDRESS, CRYPTO_CODES } from './crypto-address.ts'
import { DEVICE_CODES, DEVICE_NUMBERS } from './device.ts'
import { DOCUMENTS } from './document.ts'
import { EMAIL } from './email.ts'
import { FRENCH_CODES, FRENCH_NUMBERS } from './france.ts'
import { GERMAN_CODES, GERMAN_NUMBERS } from './germany.ts'
import { BIC, IBAN } from './iban.ts'
import { IBERIAN_CODES, IBERIAN_NUMBERS } from './iberia.ts'
import { IPV4, IPV6 } from './ip.ts'
import { ITALIAN_CODES, ITALIAN_NUMBERS } from './italy.ts'
import { LOW_COUNTRY_NUMBERS } from './low-countries.ts'
import { NORTH_AND_EAST_CODES, NORTH_AND_EAST_NUMBERS } from './north-and-east-europe.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'
import { numbersRecogniser } from './numbers.ts'
import { BRACKETED, INTERNATIONAL, PHONES } from './phone.ts'
import { UK_CODES, UK_NUMBERS } from './united-kingdom.ts'
import { US_CODES, US_NUMBERS } from './united-states.ts'

export const NUMBER_KINDS: readonly NumberKind[] = [
  ...CARDS,
  ...US_NUMBERS,
  ...UK_NUMBERS,
  ...GERMAN_NUMBERS,
  ...FRENCH_NUMBERS,
  ...IBERIAN_NUMBERS,
  ...ITALIAN_NUMBERS,
  ...LOW_COUNTRY_NUMBERS,
  ...NORTH_AND_EAST_NUMBERS,
  ...ASIA_PACIFIC_NUMBERS,
  ...AMERICAN_AND_AFRICAN_NUMBERS,
  ...DEVICE_NUMBERS,
  ...PHONES,
]

export const CODE_KINDS: readonly CodeKind[] = [
  ...US_CODES,
  ...UK_CODES,
  ...GERMAN_CODES,
  ...FRENCH_CODES,
  ...IBERIAN_CODES,
  ...ITALIAN_CODES,
  ...NORTH_AND_EAST_CODES,
  ...ASIA_PACIFIC_CODES,
  ...DEVICE_CODES,
  ...CRYPTO_CODES,
]

/** Everything that finds personal data; a new kind is one entry in the table of its family. */
export const PII_RECOGNISERS: readonly Recogniser[] = [
  EMAIL,
  IBAN,
  BIC,
  IPV4,
  IPV6,
  INTERNATIONAL,
  BRACKETED,
  BASE58_ADDRESS,
  numbersRecogniser(NUMBER_KINDS),
  ...CODE_KINDS.map(codeRecogniser),
  ...DOCUMENTS,
]
