import type { FieldRecogniser } from '../recogniser.ts'
import { KEYED } from './formats/keyed.ts'
import { genericField } from './generic.ts'
import { keyedField } from './keyed.ts'

/** What the name of a member says about its value: the vendor's secret, or a secret of no known form. */
export const secretOfField: FieldRecogniser = (name, value) => {
  if (value.length < SHORTEST || value.length > LONGEST || name.length > LONGEST_NAME) return null
  for (const fieldOf of FIELDS) {
    const signal = fieldOf(name, value)
    if (signal !== null) return signal
  }
  return genericField(name, value)
}

const SHORTEST = 4
const LONGEST = 4096
const LONGEST_NAME = 128
const FIELDS = KEYED.map(keyedField)
