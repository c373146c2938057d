import { piiOfField } from './pii/field.ts'
import type { ValueRecogniser } from './recogniser.ts'
import { secretOfField } from './secrets/field.ts'
import type { Signal } from './signals.ts'

/** What the name of a member says about its value; most names say nothing. */
export function signalsOfField(name: string, value: string): readonly Signal[] {
  if (value.length > LONGEST_VALUE) return NONE
  const recognisers = recognisersOf(name)
  if (recognisers.length === 0) return NONE
  return recognisers.flatMap((recognise) => recognise(value) ?? NONE)
}

/** Whether any value could be told by this name. */
export const isTelling = (name: string): boolean => recognisersOf(name).length > 0

/** Longer values are text, whatever their name. */
const LONGEST_VALUE = 512
const LONGEST_NAME = 128
const NONE: readonly Signal[] = []
const NOBODY: readonly ValueRecogniser[] = []

/** Names are few and come again in every message; what they say is found once. Forgotten when there are too many. */
const KNOWN = new Map<string, readonly ValueRecogniser[]>()
const MOST_KNOWN = 2_048

function recognisersOf(name: string): readonly ValueRecogniser[] {
  if (name.length > LONGEST_NAME) return NOBODY
  const known = KNOWN.get(name)
  if (known !== undefined) return known
  const recognisers = [piiOfField(name), secretOfField(name)].filter((recognise) => recognise !== null)
  if (KNOWN.size === MOST_KNOWN) KNOWN.clear()
  KNOWN.set(name, recognisers)
  return recognisers
}
