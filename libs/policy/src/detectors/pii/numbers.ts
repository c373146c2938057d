import type { Recogniser } from '../recogniser.ts'
import { LEAST_OF_GROUPS } from '../scan/digit-run.ts'
import type { Span } from '../sighting.ts'
import { distanceOf, isBare, nearestIn, surroundingsOf } from './context.ts'
import type { Surroundings } from './context.ts'
import { MOST_GROUPS, NumberForms } from './number-forms.ts'
import type { NumberKind } from './number-kind.ts'
import { nearestOf } from './rivals.ts'
import type { Candidate } from './rivals.ts'
import { digitsOf, endOf, groupsOf, isWhole, lengthOf, rawOf, standsApart, startOf } from './runs.ts'
import type { Groups, Part } from './runs.ts'

/**
 * Recognises all kinds of numbers in one run of digits. The groups of the run are walked once, along the forms that are known, so a column
 * of a million numbers costs a few steps each; only what has the form and passes the check is looked at with the words around it.
 */
export function numbersRecogniser(kinds: readonly NumberKind[]): Recogniser {
  const forms = new NumberForms(kinds)
  const formsAlone = new NumberForms(kinds.filter(({ alone }) => alone !== null))
  return {
    signals: [...new Set(kinds.map((kind) => kind.signal))],
    triggers: [{ kind: 'digits', min: FEWEST_DIGITS, max: Number.MAX_SAFE_INTEGER }],
    recognise: (text, start, end) => {
      const groups = groupsOf(text, start, end)
      if (groups.length === 2 && forms.endingAt(forms.below(0, end - start)).length === 0) return NONE
      const isAlone = isBare(text, start, end)
      const run = { text, groups, isAlone, forms: isAlone ? formsAlone : forms }
      const written = byForm(run)
      return isLong(groups)
        ? inParts(run, written)
        : nearestOf([...written, ...byLength(run, 0, groups.length)])
    },
  }
}

const FEWEST_DIGITS = 4
/** More than any number has. */
const MOST_DIGITS = 30
const NONE: readonly Span[] = []

type Run = {
  readonly text: string
  readonly groups: Groups
  readonly forms: NumberForms
  /** no word stands anywhere near */
  readonly isAlone: boolean
}

function isLong(groups: Groups): boolean {
  let digits = 0
  for (let at = 0; at < groups.length; at += 2) digits += lengthOf(groups, at)
  return digits > MOST_DIGITS
}

/** A run with more digits is judged in parts, from the beginning of each group on: so a number stands out amid those around it. */
function inParts(run: Run, written: readonly Candidate[]): readonly Span[] {
  const { groups } = run
  const spans: Span[] = []
  const within = new Within(written)
  for (let first = 0; first < groups.length; first += 2) {
    const last = lastOfPart(groups, first)
    if (last <= first) continue
    const isSame = !within.move(groups[first] ?? 0, groups[last - 1] ?? 0)
    const whole = byLength(run, first, last)
    if (isSame && whole.length === 0) continue
    const candidates = [...within.candidates, ...whole]
    if (candidates.length > 0) spans.push(...nearestOf(candidates))
  }
  return spans
}

/** The candidates inside of a stretch that moves on: most parts of a run have those of the part before. */
class Within {
  candidates: readonly Candidate[] = NOBODY
  readonly #all: readonly Candidate[]
  #first = 0

  /** @param all in order of their start */
  constructor(all: readonly Candidate[]) {
    this.#all = all
  }

  /** @returns whether others are inside now */
  move(start: number, end: number): boolean {
    while ((this.#all[this.#first]?.start ?? start) < start) this.#first += 1
    const before = this.candidates
    const candidates: Candidate[] = []
    for (let at = this.#first; (this.#all[at]?.start ?? end) < end; at += 1) {
      const one = this.#all[at]
      if (one !== undefined && one.end <= end) candidates.push(one)
    }
    this.candidates = candidates
    return candidates.length !== before.length || candidates.some((one, at) => one !== before[at])
  }
}

/** Behind the last group of the part that begins here; `first` where it has too few digits, or rows of single ones. */
function lastOfPart(groups: Groups, first: number): number {
  let digits = 0
  let last = first
  for (; last < groups.length; last += 2) {
    const more = digits + lengthOf(groups, last)
    if (more > MOST_DIGITS) break
    digits = more
  }
  return digits < FEWEST_DIGITS || digits < ((last - first) / 2) * LEAST_OF_GROUPS ? first : last
}

function byForm({ text, groups, forms, isAlone }: Run): readonly Candidate[] {
  const found: Candidate[] = []
  for (let first = 0; first < groups.length; first += 2) {
    let path = 0
    for (let last = first; last < groups.length; last += 2) {
      path = forms.below(path, lengthOf(groups, last))
      if (path === 0) break
      const kinds = forms.endingAt(path)
      const part = { text, groups, first, last }
      if (kinds.length === 0 || (!isAlone && !isWhole(part))) continue
      const surroundings = isAlone ? NOTHING : surroundingsOfPart(part)
      meantAt({ part, digits: digitsOf(part), kinds, surroundings, mayStandAlone: true }, found)
    }
  }
  return found
}

/** With a word beside it a short run is taken whole, however it is grouped. */
function byLength({ text, groups, forms, isAlone }: Run, first: number, end: number): readonly Candidate[] {
  if (isAlone || end - first < 4 || end - first > 2 * MOST_GROUPS) return NOBODY
  const part = { text, groups, first, last: end - 2 }
  const digits = digitsOf(part)
  const kinds = forms.ofLength(digits.length)
  if (kinds.length === 0 || !isWhole(part)) return NOBODY
  const found: Candidate[] = []
  meantAt({ part, digits, kinds, surroundings: surroundingsOfPart(part), mayStandAlone: false }, found)
  return found
}

const NOBODY: readonly Candidate[] = []
const NOTHING: Surroundings = []

const surroundingsOfPart = (part: Part): Surroundings => surroundingsOf(part.text, startOf(part), endOf(part))

function meantAt(place: Place, found: Candidate[]): void {
  const { part, digits, kinds, surroundings } = place
  for (const kind of kinds) {
    const distance = distanceOf(kind.words, surroundings)
    const isMeant = distance < Infinity ? isNamed(kind, distance, place) : isPlain(kind, place)
    if (!isMeant || !isWhole(part)) continue
    found.push({
      signal: kind.signal,
      start: startOf(part),
      end: endOf(part),
      distance: rankOf(kind, distance, digits),
    })
  }
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
  readonly digits: string
  readonly kinds: readonly NumberKind[]
  readonly surroundings: Surroundings
  readonly mayStandAlone: boolean
}

const isNamed = (kind: NumberKind, distance: number, { digits, surroundings }: Place): boolean =>
  (kind.isWeak !== true || !isClaimed(nearestIn(surroundings), distance)) && kind.isValid(digits)

/** No word speaks for it: its notation does, and no word speaks against it. */
function isPlain(kind: NumberKind, place: Place): boolean {
  const { kinds, surroundings, mayStandAlone } = place
  if (!mayStandAlone || !isPlainly(place, kind) || isDenied(kind, surroundings)) return false
  if (surroundings.length === 0) return true
  return !isClaimed(Math.min(...kinds.map((one) => distanceOf(one.words, surroundings))), Infinity)
}

/** Another kind's word stands right beside the number, nearer than this one's: so it is no number of this kind, even if it is none of that. */
const isClaimed = (claim: number, distance: number): boolean => claim < distance && claim <= BESIDE

/** Characters between a word and the number that it belongs to. */
const BESIDE = 20
/** Farther than any word that is looked at. */
const FAR = 1000

/** The cheapest question first: in a long table of numbers these are asked at each of them. */
const isPlainly = (
  { part, digits }: Place,
  { alone, isValid, isLikely, isTakenAmid = false }: NumberKind,
): boolean =>
  alone !== null &&
  isValid(digits) &&
  alone.test(rawOf(part)) &&
  (isLikely === undefined || isLikely(digits)) &&
  standsApart(part, isTakenAmid)

const isDenied = ({ against }: NumberKind, surroundings: Surroundings): boolean =>
  against !== undefined && distanceOf(against, surroundings) < Infinity
