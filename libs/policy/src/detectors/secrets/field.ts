import type { FieldRecogniser } from '../recogniser.ts'
import { KEYED } from './formats/keyed.ts'
import { genericField } from './generic.ts'
import { keyedField } from './keyed.ts'

/** What the name of a member says about its value: the vendor's secret, or a secret of no known form. */
export const secretOfField: FieldRecogniser = (name) => {
  if (name.length > LONGEST_NAME) return null
  const recognisers = [...KEYED.map(keyedField), genericField]
    .map((fieldOf) => fieldOf(name))
    .filter((recognise) => recognise !== null)
  if (recognisers.length === 0) return null
  return (value) => {
    if (value.length < SHORTEST || value.length > LONGEST) return null
    for (const recognise of recognisers) {
      const signal = recognise(value)
      if (signal !== null) return signal
    }
    return null
  }
}

const SHORTEST = 4
const LONGEST = 4096
const LONGEST_NAME = 128
