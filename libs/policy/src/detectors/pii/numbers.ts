import type { Recogniser } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { distanceOf, isBare, nearestIn, surroundingsOf } from './context.ts'
import type { Surroundings } from './context.ts'
import type { NumberKind } from './number-kind.ts'
import { endOf, groupsOf, isWhole, rawOf, standsApart, startOf } from './runs.ts'
import type { Groups, Part } from './runs.ts'

/**
 * Recognises all kinds of numbers in one run of digits. The groups of the run are walked once, along the forms that are known, so a column
 * of a million numbers costs a few steps each; only what has the form and passes the check is looked at with the words around it.
 */
export function numbersRecogniser(kinds: readonly NumberKind[]): Recogniser {
  const forms = formsOf(kinds)
  const formsAlone = formsOf(kinds.filter(({ alone }) => alone !== null))
  return {
    signals: [...new Set(kinds.map((kind) => kind.signal))],
    triggers: [{ kind: 'digits', min: FEWEST_DIGITS, max: MOST_DIGITS }],
    recognise: (text, start, end) => {
      const groups = groupsOf(text, start, end)
      if (groups.length === 2 && !forms.byPath.has(stepOf(0, end - start))) return NONE
      const candidates: Candidate[] = []
      if (isBare(text, start, end)) byForm(text, groups, formsAlone, candidates)
      else {
        byForm(text, groups, forms, candidates)
        byLength(text, groups, forms, candidates)
      }
      return candidates.length === 0 ? NONE : [...rivalsOf(candidates)].flatMap(nearestOf)
    },
  }
}

const FEWEST_DIGITS = 4
/** More than any number has; a longer run comes in parts that begin at each of its groups. */
const MOST_DIGITS = 30
const NONE: readonly Span[] = []

/** Something that a part of the run may be. `distance`: how far away the word is that says so; `Infinity` where none does. */
type Candidate = Span & { readonly distance: number }

/** The known forms as paths: a number for each path of group lengths, and the kinds that are written so. */
type Forms = {
  readonly prefixes: ReadonlySet<number>
  readonly byPath: ReadonlyMap<number, readonly NumberKind[]>
  readonly byLength: ReadonlyMap<number, readonly NumberKind[]>
}

function formsOf(kinds: readonly NumberKind[]): Forms {
  const paths = kinds.flatMap((kind) => kind.forms.map((form) => [pathsOf(form), kind] as const))
  const lengths = kinds.flatMap((kind) => kind.forms.map((form) => [digitsOfForm(form), kind] as const))
  return {
    prefixes: new Set(paths.flatMap(([steps]) => steps)),
    byPath: grouped(paths.map(([steps, kind]) => [steps.at(-1) ?? 0, kind] as const)),
    byLength: grouped(lengths),
  }
}

const stepOf = (path: number, length: number): number => path * BASE + Math.min(length, BASE - 1)

/** More than the longest group of any form. */
const BASE = 32

function pathsOf(form: string): readonly number[] {
  let path = 0
  return form.split('-').map((length) => (path = stepOf(path, Number(length))))
}

const digitsOfForm = (form: string): number =>
  form.split('-').reduce((sum, length) => sum + Number(length), 0)

function grouped(entries: readonly (readonly [number, NumberKind])[]): Map<number, readonly NumberKind[]> {
  const groups = new Map<number, Set<NumberKind>>()
  for (const [key, kind] of entries) groups.set(key, (groups.get(key) ?? new Set()).add(kind))
  return new Map([...groups].map(([key, kinds]) => [key, [...kinds]]))
}

function byForm(text: string, groups: Groups, { prefixes, byPath }: Forms, found: Candidate[]): void {
  for (let first = 0; first < groups.length; first += 2) {
    let path = 0
    for (let last = first; last < groups.length; last += 2) {
      path = stepOf(path, (groups[last + 1] ?? 0) - (groups[last] ?? 0))
      if (!prefixes.has(path)) break
      const kinds = byPath.get(path)
      if (kinds !== undefined) found.push(...candidatesAt({ text, groups, first, last }, kinds, true))
    }
  }
}

/** With a word beside it a short run is taken whole, however it is grouped. */
function byLength(text: string, groups: Groups, forms: Forms, found: Candidate[]): void {
  if (groups.length < 4 || groups.length > 2 * MOST_GROUPS) return
  const whole = { text, groups, first: 0, last: groups.length - 2 }
  const kinds = forms.byLength.get(digitsOf(whole).length)
  if (kinds !== undefined) found.push(...candidatesAt(whole, kinds, false))
}

const MOST_GROUPS = 12

function digitsOf({ text, groups, first, last }: Part): string {
  let digits = ''
  for (let at = first; at <= last; at += 2) digits += text.slice(groups[at], groups[at + 1])
  return digits
}

function candidatesAt(
  part: Part,
  kinds: readonly NumberKind[],
  mayStandAlone: boolean,
): readonly Candidate[] {
  const digits = digitsOf(part)
  const valid = kinds.filter((kind) => kind.isValid(digits))
  return valid.length === 0 || !isWhole(part) ? [] : meantAt({ part, kinds, mayStandAlone }, valid)
}

function meantAt(seen: Omit<Place, 'surroundings'>, valid: readonly NumberKind[]): readonly Candidate[] {
  const { part } = seen
  const surroundings = surroundingsOf(part.text, startOf(part), endOf(part))
  const place = { ...seen, surroundings }
  return valid.flatMap((kind) => {
    const distance = distanceOf(kind.words, surroundings)
    const isMeant = distance < Infinity ? isNamed(kind, distance, place) : isPlain(kind, place)
    const rank = rankOf(kind, distance, digitsOf(part))
    return isMeant ? [{ signal: kind.signal, start: startOf(part), end: endOf(part), distance: rank }] : []
  })
}

/** A long number that passes its check is no row of telephone numbers, even where a word speaks of calling. */
function rankOf({ isWeak }: NumberKind, distance: number, digits: string): number {
  if (isWeak === true) return distance + FAR
  return distance === Infinity && digits.length >= LONG ? FAR : distance
}

/** Digits that no telephone number of one country has. */
const LONG = 13

type Place = {
  readonly part: Part
  readonly kinds: readonly NumberKind[]
  readonly surroundings: Surroundings
  readonly mayStandAlone: boolean
}

const isNamed = (kind: NumberKind, distance: number, { surroundings }: Place): boolean =>
  kind.isWeak !== true || !isClaimed(nearestIn(surroundings), distance)

/** No word speaks for it: its notation does, and no word speaks against it. */
function isPlain(kind: NumberKind, { part, kinds, surroundings, mayStandAlone }: Place): boolean {
  if (!mayStandAlone || !isPlainly(part, kind) || isDenied(kind, surroundings)) return false
  return !isClaimed(Math.min(...kinds.map((one) => distanceOf(one.words, surroundings))), Infinity)
}

/** Another kind's word stands right beside the number, nearer than this one's: so it is no number of this kind, even if it is none of that. */
const isClaimed = (claim: number, distance: number): boolean => claim < distance && claim <= BESIDE

/** Characters between a word and the number that it belongs to. */
const BESIDE = 20
/** Farther than any word that is looked at. */
const FAR = 1000

const isPlainly = (part: Part, { alone, isLikely, isTakenAmid = false }: NumberKind): boolean =>
  alone !== null &&
  alone.test(rawOf(part)) &&
  (isLikely === undefined || isLikely(digitsOf(part))) &&
  standsApart(part, isTakenAmid)

const isDenied = ({ against }: NumberKind, surroundings: Surroundings): boolean =>
  against !== undefined && distanceOf(against, surroundings) < Infinity

/** Candidates that overlap one another are rivals; a chain of them is cut, so that the work stays linear. */
function* rivalsOf(candidates: readonly Candidate[]): Generator<readonly Candidate[]> {
  let rivals: Candidate[] = []
  let end = 0
  for (const next of candidates.toSorted((left, right) => left.start - right.start)) {
    if (next.start >= end || rivals.length >= MOST_RIVALS) {
      yield rivals
      rivals = []
    }
    rivals.push(next)
    end = Math.max(end, next.end)
  }
  yield rivals
}

const MOST_RIVALS = 64

/** A stretch is what the nearest word says that it is; of those that no word speaks for, the longest. Equals stand together. */
function nearestOf(rivals: readonly Candidate[]): readonly Span[] {
  const taken: Candidate[] = []
  for (const next of rivals.toSorted(byNearness)) {
    const isFree = taken.every((one) => one.end <= next.start || next.end <= one.start || isEqual(one, next))
    if (isFree) taken.push(next)
  }
  return taken.map(({ signal, start, end }) => ({ signal, start, end }))
}

const byNearness = (left: Candidate, right: Candidate): number =>
  compare(left.distance, right.distance) || right.end - right.start - (left.end - left.start)

/** Not a difference: that of two infinities is no number. */
const compare = (left: number, right: number): number => (left === right ? 0 : left < right ? -1 : 1)

const isEqual = (left: Candidate, right: Candidate): boolean =>
  left.start === right.start && left.end === right.end && left.distance === right.distance
