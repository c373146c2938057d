import type { Rewriting } from '@writ/contracts'
import type { Sighting } from '../detectors/sighting.ts'

/** One thing to rewrite in a string leaf of the content. */
export type Edit = { readonly sighting: Sighting; readonly rewriting: Rewriting }

/** A stretch of a text that is rewritten as one, under one signal and in one way. */
export type Stretch = {
  readonly start: number
  readonly end: number
  readonly rewriting: Rewriting
  readonly signal: string
}

/**
 * Overlapping edits become one stretch: the strictest way wins, under the name of the widest. The order of the edits does not matter.
 * @returns in order of place, none overlapping another
 */
export function unionOf(edits: readonly Edit[]): readonly Stretch[] {
  const stretches: Growing[] = []
  for (const next of edits.map(growingOf).sort(byPlace)) {
    const last = stretches.at(-1)
    if (last === undefined || !overlaps(last, next)) stretches.push(next)
    else absorb(last, next)
  }
  return stretches
}

/** Many rules may rewrite one sighting, and only the strictest of them counts. */
export function strictestOf(edits: readonly Edit[]): Iterable<Edit> {
  const strictest = new Map<Sighting, Edit>()
  for (const edit of edits) {
    const known = strictest.get(edit.sighting)
    if (known === undefined || isStricter(edit.rewriting, known.rewriting)) strictest.set(edit.sighting, edit)
  }
  return strictest.values()
}

/** Restoring gives a value away, so whatever else is asked for at the same place wins over it. */
const STRICTEST_FIRST: readonly Rewriting[] = [
  'drop',
  'mask',
  'hash',
  'token',
  'surrogate',
  'replace',
  'restore',
]

const isStricter = (rewriting: Rewriting, other: Rewriting): boolean =>
  STRICTEST_FIRST.indexOf(rewriting) < STRICTEST_FIRST.indexOf(other)

type Growing = { start: number; end: number; rewriting: Rewriting; signal: string; width: number }

function growingOf({ sighting: { start, end, signal }, rewriting }: Edit): Growing {
  return { start, end, rewriting, signal, width: end - start }
}

const byPlace = (left: Growing, right: Growing): number => left.start - right.start || left.end - right.end

/** An empty stretch at the border of another is beside it, and two empty ones at one place are the same. */
const overlaps = (last: Growing, next: Growing): boolean =>
  next.start < last.end || (next.start === last.start && next.end === last.end)

function absorb(stretch: Growing, other: Growing): void {
  stretch.end = Math.max(stretch.end, other.end)
  if (isStricter(other.rewriting, stretch.rewriting)) stretch.rewriting = other.rewriting
  const isWider =
    other.width > stretch.width || (other.width === stretch.width && other.signal < stretch.signal)
  if (isWider) Object.assign(stretch, { signal: other.signal, width: other.width })
}
