import type { FieldRecogniser } from '../recogniser.ts'
import { compactOf } from './codes.ts'
import { distanceOf, wordsOfName } from './context.ts'
import type { Surroundings } from './context.ts'
import type { CodeKind, NumberKind } from './number-kind.ts'
import { plainWords } from './plain-text.ts'
import { CODE_KINDS, NUMBER_KINDS } from './recognisers.ts'

/**
 * What the name of a member says about its value. First by the kinds whose words the name has and whose check the value passes, then by the
 * names that say it all, where the value has digits enough to be more than a placeholder.
 */
export const piiOfField: FieldRecogniser = (name) => {
  if (name.length > MAX_NAME) return null
  const kinds = kindsOf(wordsOfName(name))
  const named = NAMES.get(plainWords(name).replace(/[^\p{L}\p{N}]/gu, ''))
  if (kinds.length === 0 && named === undefined) return null
  return (value) => {
    if (value.length < FEWEST_CHARACTERS || value.length > MAX_VALUE || !/\d/.test(value)) return null
    return kindOf(kinds, value.trim()) ?? namedOf(named, value)
  }
}

const FEWEST_CHARACTERS = 3
const MAX_NAME = 64
const MAX_VALUE = 64

function kindOf(kinds: readonly (NumberKind | CodeKind)[], value: string): string | null {
  const kind = kinds.find((one) => (isNumberKind(one) ? isNumber(one, value) : isCode(one, value)))
  return kind?.signal ?? null
}

/** Those whose words the name has, the latest word first: in `patient_nhs_number` it says more. */
const kindsOf = (words: Surroundings): readonly (NumberKind | CodeKind)[] =>
  [...NUMBER_KINDS, ...CODE_KINDS]
    .filter((kind) => kind.words !== null && distanceIn(words, kind) < Infinity)
    .toSorted((left, right) => distanceIn(words, left) - distanceIn(words, right))

/** Kinds without a check come after those that have one. */
function distanceIn(words: Surroundings, kind: NumberKind | CodeKind): number {
  const isWeak = isNumberKind(kind) && kind.isWeak === true
  return kind.words === null ? Infinity : distanceOf(kind.words, words) + (isWeak ? MAX_NAME : 0)
}

const isNumberKind = (kind: NumberKind | CodeKind): kind is NumberKind => 'forms' in kind

function isNumber(kind: NumberKind, value: string): boolean {
  if (!NUMBER.test(value)) return false
  const digits = value.replace(/\D/g, '')
  return kind.forms.some((form) => lengthOf(form) === digits.length) && kind.isValid(digits)
}

const NUMBER = /^[+(]?\d(?:[ \u00a0./()-]{0,2}\d){3,24}$/

const lengthOf = (form: string): number => form.split('-').reduce((sum, length) => sum + Number(length), 0)

function isCode(kind: CodeKind, value: string): boolean {
  kind.shape.lastIndex = 0
  return kind.shape.exec(value)?.[0] === value && kind.isValid(compactOf(value))
}

function namedOf(named: Name | undefined, value: string): string | null {
  if (named === undefined) return null
  return value.replace(/\D/g, '').length >= named.fewestDigits ? named.signal : null
}

type Name = { readonly signal: string; readonly fewestDigits: number }

const NAMES: ReadonlyMap<string, Name> = new Map([
  ...names('pii.ssn', 9, 'ssn socialsecurity socialsecuritynumber socialsecurityno'),
  ...names('pii.card', 12, 'cardnumber creditcard creditcardnumber cardno debitcard ccnumber ccnum'),
  ...names('pii.passport', 5, 'passport passportnumber passportno reisepass passeport'),
  ...names(
    'pii.driving_licence',
    4,
    'driverslicense driverlicense driverslicensenumber driverlicensenumber drivinglicence drivinglicense drivinglicencenumber driverslicence dlnumber fuehrerschein',
  ),
  ...names(
    'pii.id',
    5,
    'nationalid nationalidnumber nationalidentifier taxid taxidnumber idnumber identitynumber idcardnumber personalid citizenid governmentid govid',
  ),
  ...names(
    'pii.birthdate',
    4,
    'dob birthdate dateofbirth birthday birthdate geburtsdatum fechanacimiento datenaissance',
  ),
  ...names('pii.postal_code', 4, 'zip zipcode postalcode postcode plz codepostal'),
  ...names(
    'pii.phone.loose',
    7,
    'phone phonenumber phoneno telephone telephonenumber mobile mobilenumber cellphone cell fax faxnumber tel msisdn homephone workphone mobilephone',
  ),
])

function names(signal: string, fewestDigits: number, list: string): readonly (readonly [string, Name])[] {
  return list.split(' ').map((name) => [name, { signal, fewestDigits }])
}
