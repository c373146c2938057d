import type { Signal } from './signals.ts'

/** What the name of a member says about its value: in tool calls the field's name is the strongest sign. Null when it says nothing. */
export function signalOfField(name: string | number, value: string): Signal | null {
  if (typeof name === 'number' || value.length < FEWEST_CHARACTERS || value.length > MAX_VALUE) return null
  const signal = FIELDS.get(
    name
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(0, MAX_NAME),
  )
  if (signal === undefined) return null
  return digitsIn(value) >= FEWEST_DIGITS[signal] ? signal : null
}

type FieldSignal = 'pii.ssn' | 'pii.card' | 'pii.id' | 'pii.birthdate'

/** A value without digits is a type name, a placeholder or a refusal to answer. */
const FEWEST_DIGITS: Readonly<Record<FieldSignal, number>> = {
  'pii.ssn': 9,
  'pii.card': 12,
  'pii.id': 5,
  'pii.birthdate': 4,
}
const FEWEST_CHARACTERS = 4
const MAX_NAME = 40
const MAX_VALUE = 64

const FIELDS: ReadonlyMap<string, FieldSignal> = new Map<string, FieldSignal>([
  ['ssn', 'pii.ssn'],
  ['socialsecurity', 'pii.ssn'],
  ['socialsecuritynumber', 'pii.ssn'],
  ['cardnumber', 'pii.card'],
  ['creditcard', 'pii.card'],
  ['creditcardnumber', 'pii.card'],
  ['passport', 'pii.id'],
  ['passportnumber', 'pii.id'],
  ['driverslicense', 'pii.id'],
  ['driverlicense', 'pii.id'],
  ['driverslicensenumber', 'pii.id'],
  ['nationalid', 'pii.id'],
  ['nationalidnumber', 'pii.id'],
  ['taxid', 'pii.id'],
  ['dob', 'pii.birthdate'],
  ['birthdate', 'pii.birthdate'],
  ['dateofbirth', 'pii.birthdate'],
])

const digitsIn = (value: string): number => value.replace(/\D/g, '').length
