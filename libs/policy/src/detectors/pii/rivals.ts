import type { Span } from '../sighting.ts'

/** Something that a part of a run may be. `distance`: how far away the word is that says so; `Infinity` where none does. */
export type Candidate = Span & { readonly distance: number }

/** Of candidates that overlap one another, a stretch is what the nearest word says that it is. */
export function nearestOf(candidates: readonly Candidate[]): readonly Span[] {
  if (candidates.length <= 1) return candidates.map(spanOf)
  return [...rivalsOf(candidates)].flatMap(nearestAmong)
}

const spanOf = ({ signal, start, end }: Candidate): Span => ({ signal, start, end })

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
function nearestAmong(rivals: readonly Candidate[]): readonly Span[] {
  const taken: Candidate[] = []
  for (const next of rivals.toSorted(byNearness)) {
    const isFree = taken.every((one) => one.end <= next.start || next.end <= one.start || isEqual(one, next))
    if (isFree) taken.push(next)
  }
  return taken.map(spanOf)
}

const byNearness = (left: Candidate, right: Candidate): number =>
  compare(left.distance, right.distance) || right.end - right.start - (left.end - left.start)

/** Not a difference: that of two infinities is no number. */
const compare = (left: number, right: number): number => (left === right ? 0 : left < right ? -1 : 1)

const isEqual = (left: Candidate, right: Candidate): boolean =>
  left.start === right.start && left.end === right.end && left.distance === right.distance
