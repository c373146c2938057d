import type { Json } from '@writ/contracts'
import { isList } from '../path.ts'
import { formatPointer } from '../pointer.ts'
import { RuleFault } from '../rule-fault.ts'
import { Work } from '../work.ts'
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
 * Units of work in one inspection; a unit is about what one byte of prose costs. Taken are
 * - for each value and each member of the tree: 2
 * - for each string and name that is more than a short plain word, and number that may be a card: 16, and its bytes in UTF-8
 * - for each place where something is found: the length of its pointer; and a little for what the detectors say costs more.
 * So a megabyte of text in few pieces is inspected, and so is a list of 500,000 numbers or a table of 40,000 short cells. The text that
 * is dearest to look through takes up to 190 ms for the whole budget on one core of 2020s server hardware; prose takes 50 ms.
 */
export const INSPECTION_BUDGET = 1024 * 1024
/** Findings of one inspection. */
export const MOST_SIGHTINGS = 5_000
const COST_OF_PLACE = 2
const COST_OF_TEXT = 16

/**
 * Looks into every string, key and number of a tree, in document order by level. Never recurses, so depth cannot exhaust the stack.
 * Offsets are UTF-16 code units of the decoded string.
 * @returns a fault when there is too much to look at or to report: what was not looked at must not count as clean
 */
export function detect(content: Json): readonly Sighting[] | RuleFault {
  const inspection: Inspection = { work: new Work(INSPECTION_BUDGET), sightings: [], places: [] }
  inspection.places.push({ value: content, step: '', parent: null })
  for (const place of inspection.places) {
    if (typeof place.value === 'object' && place.value !== null) addChildren(place, place.value, inspection)
    else inspectLeaf(place, inspection)
    if (inspection.work.isSpent) return TOO_MUCH
    if (inspection.sightings.length > MOST_SIGHTINGS) return TOO_MANY
  }
  return inspection.sightings
}

const TOO_MUCH = new RuleFault('there is too much to inspect')
const TOO_MANY = new RuleFault('there are too many findings')

/** A value with the way to it; the pointer is written only when something is found. */
type Place = {
  readonly value: Json
  readonly step: string | number
  readonly parent: Place | null
  /** once it was written for something below */
  pointer?: string
}
type Inspection = { readonly work: Work; readonly sightings: Sighting[]; readonly places: Place[] }

/** Takes the work of all children before it touches one. */
function addChildren(parent: Place, value: Json & object, inspection: Inspection): void {
  const { work, places } = inspection
  if (isList(value)) {
    if (!work.take(value.length * COST_OF_PLACE)) return
    for (const [step, item] of value.entries()) places.push({ value: item, step, parent })
    return
  }
  const names = Object.keys(value)
  if (!work.take(names.length * COST_OF_PLACE)) return
  for (const step of names) {
    const child = { value: value[step] ?? null, step, parent }
    places.push(child)
    if (!report(spansIn(step, work), child, 'key', inspection)) return
  }
}

function inspectLeaf(place: Place, inspection: Inspection): void {
  const { value, step } = place
  if (typeof value === 'string') {
    report(spansInField(step, value, spansIn(value, inspection.work)), place, 'text', inspection)
  }
  if (typeof value === 'number') {
    const text = String(value)
    report(spansInField(step, text, cardsIn(value, text, inspection.work)), place, 'number', inspection)
  }
}

/** The shortest card number has 13 digits, and none begins as the milliseconds of our times do. */
const LEAST_CARD = 1e12

function cardsIn(value: number, text: string, work: Work): Iterable<Span> {
  if (Math.abs(value) < LEAST_CARD || /^-?1/.test(text)) return NONE
  return work.take(COST_OF_TEXT + text.length) ? detectCards(text) : NONE
}

const NONE: readonly Span[] = []

function spansInField(name: string | number, text: string, spans: Iterable<Span>): Iterable<Span> {
  const signal = signalOfField(name, text)
  return signal === null ? spans : chain([{ signal, start: 0, end: text.length }], spans)
}

function* chain(first: Iterable<Span>, second: Iterable<Span>): Generator<Span> {
  yield* first
  yield* second
}

/** An ordinary member name: too short and plain to hold anything that a detector looks for. */
const PLAIN_NAME = /^[A-Za-z_]{0,23}$/

function spansIn(text: string, work: Work): Iterable<Span> {
  if (PLAIN_NAME.test(text) || !work.take(COST_OF_TEXT + Buffer.byteLength(text))) return NONE
  return lookThrough(text, work)
}

function* lookThrough(text: string, work: Work): Generator<Span> {
  for (const detector of DETECTORS) yield* detector(text, work)
  if (!HAS_DIGITS.test(text)) return
  for (const detector of NUMBER_DETECTORS) yield* detector(text, work)
}

/** Every number that is looked for has this many digits close together. */
const HAS_DIGITS = /(?:\d\D{0,5}){7}/

/** @returns false when nothing more can be reported */
function report(
  spans: Iterable<Span>,
  where: Place,
  place: Sighting['place'],
  inspection: Inspection,
): boolean {
  const { work, sightings } = inspection
  let path: string | null = null
  for (const span of spans) {
    if (path === null) {
      path = pointerTo(where)
      work.take(path.length)
    }
    sightings.push({ ...span, path, place })
    if (work.isSpent || sightings.length > MOST_SIGHTINGS) return false
  }
  return !work.isSpent
}

function pointerTo(place: Place): string {
  const { parent, step } = place
  if (parent === null) return ''
  parent.pointer ??= writtenOut(parent)
  return parent.pointer + formatPointer([step])
}

function writtenOut(place: Place): string {
  const steps: (string | number)[] = []
  for (let at = place; at.parent !== null; at = at.parent) steps.push(at.step)
  return formatPointer(steps.toReversed())
}
