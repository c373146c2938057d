import type { Json } from '@writ/contracts'
import { isList } from '../path.ts'
import { formatPointer } from '../pointer.ts'
import { detectCards } from './card.ts'
import { detectEmails } from './email.ts'
import { detectExfiltration } from './exfil.ts'
import { signalOfField } from './field.ts'
import { detectHidden } from './hidden.ts'
import { detectIbans } from './iban.ts'
import { detectOverrides } from './override.ts'
import { detectPhones } from './phone.ts'
import { detectRoles } from './role.ts'
import type { Detector, Sighting, Span } from './sighting.ts'
import { detectSsns } from './ssn.ts'

/** What is looked for in a text; a new detector is one line here and one in `signals.ts`. */
const DETECTORS: readonly Detector[] = [
  detectEmails,
  detectHidden,
  detectRoles,
  detectExfiltration,
  detectOverrides,
]
const NUMBER_DETECTORS: readonly Detector[] = [detectCards, detectIbans, detectSsns, detectPhones]

/**
 * Looks into every string, key and number of a tree, in document order by level. Never recurses, so depth cannot exhaust the stack.
 * Offsets are UTF-16 code units of the decoded string.
 */
export function detect(content: Json): readonly Sighting[] {
  const sightings: Sighting[] = []
  const places: Place[] = [{ value: content, step: '', parent: null }]
  for (const place of places) {
    if (typeof place.value === 'object' && place.value !== null) places.push(...childrenOf(place, sightings))
    else inspectLeaf(place, sightings)
  }
  return sightings
}

/** A value with the way to it; the pointer is written only when something is found. */
type Place = { readonly value: Json; readonly step: string | number; readonly parent: Place | null }

function childrenOf(place: Place, sightings: Sighting[]): readonly Place[] {
  const { value } = place
  if (typeof value !== 'object' || value === null) return []
  if (isList(value)) return value.map((item, step) => ({ value: item, step, parent: place }))
  return Object.entries(value).map(([step, member]) => {
    const child = { value: member, step, parent: place }
    report(spansIn(step), child, 'key', sightings)
    return child
  })
}

function inspectLeaf(place: Place, sightings: Sighting[]): void {
  const { value, step } = place
  if (typeof value !== 'string' && typeof value !== 'number') return
  const text = String(value)
  const named = signalOfField(step, text)
  const whole = named === null ? [] : [{ signal: named, start: 0, end: text.length }]
  const spans = typeof value === 'string' ? spansIn(text) : detectCards(text)
  report([...whole, ...spans], place, typeof value === 'string' ? 'text' : 'number', sightings)
}

/** An ordinary member name: too short and plain to hold anything that a detector looks for. */
const PLAIN_NAME = /^[A-Za-z_]{0,23}$/

function spansIn(text: string): readonly Span[] {
  if (PLAIN_NAME.test(text)) return []
  const spans = DETECTORS.flatMap((detector) => detector(text))
  return HAS_DIGITS.test(text) ? [...spans, ...NUMBER_DETECTORS.flatMap((detector) => detector(text))] : spans
}

/** Every number that is looked for has this many digits close together. */
const HAS_DIGITS = /(?:\d\D{0,5}){7}/

function report(spans: readonly Span[], where: Place, place: Sighting['place'], sightings: Sighting[]): void {
  if (spans.length === 0) return
  const path = pointerTo(where)
  for (const span of spans) sightings.push({ ...span, path, place })
}

function pointerTo(place: Place): string {
  const steps: (string | number)[] = []
  for (let at = place; at.parent !== null; at = at.parent) steps.push(at.step)
  return formatPointer(steps.toReversed())
}
