import { PhraseWindows } from '../injection/phrase-windows.ts'
import type { Recogniser, Trigger } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { Candidates } from './candidates.ts'
import { listeningOf } from './listening.ts'
import type { Listening } from './listening.ts'
import type { Meter } from './meter.ts'
import { SHORTEST_ENCODED } from './decode-runs.ts'
import { TextScan } from './text-scan.ts'

/** What one pass listens for: recognisers first, then anchors of attack phrases, then runs that may be encoded. */
export type Sieve = {
  readonly recognisers: readonly Recogniser[]
  /** of each anchor, by listener minus the number of recognisers */
  readonly anchors: readonly number[]
  readonly listening: Listening
}

export function sieveOf(recognisers: readonly Recogniser[], anchors: ReadonlyMap<string, number>): Sieve {
  const runs: Trigger = { kind: 'long', min: SHORTEST_ENCODED, max: Number.MAX_SAFE_INTEGER }
  const words = [...anchors.keys()].map((literal): Trigger[] => [{ kind: 'literal', literal }])
  const listeners = [...recognisers.map(({ triggers }) => triggers), ...words, [runs]]
  return { recognisers, anchors: [...anchors.values()], listening: listeningOf(listeners) }
}

/** A stretch of a text; in a tool's definition, orders to the model have no business at all. */
export type Stretch = {
  readonly text: string
  readonly from: number
  readonly to: number
  readonly isDefinition: boolean
}

/** Who wants what is found, and who wants to know of runs that may be encoded. */
export type Catch = {
  readonly span: (span: Span) => void
  readonly run: (start: number, end: number) => void
}

/** Code units between two looks at the meter. */
export const CHUNK = 4 * 1024

/** Of a step of the pass, in text that is all digits and separators. */
const COST_OF_CODE_UNIT = 4

/** Of asking a recogniser about one candidate. */
const COST_OF_CANDIDATE = 200

/** One pass over a stretch; what was found does not depend on where it paused. */
export function* sift(sieve: Sieve, stretch: Stretch, caught: Catch, meter: Meter): Generator<void> {
  const candidates = new Candidates()
  const windows = new PhraseWindows(stretch, caught.span)
  const judge = new Judge(sieve, { windows, stretch, caught })
  const scan = new TextScan(stretch, sieve.listening, candidates)
  while (scan.at < stretch.to) {
    const to = Math.min(stretch.to, scan.at + CHUNK)
    meter.take((to - scan.at) * COST_OF_CODE_UNIT)
    scan.advance(to)
    for (let at = 0; at < candidates.count; at += 1) {
      meter.take(judge.ask(candidates, at) * COST_OF_CANDIDATE)
      if (meter.isSpent) return
      if (meter.isSliceSpent) yield meter.beginSlice()
    }
    candidates.clear()
    for (const cost of windows.weighed(to === stretch.to ? Number.POSITIVE_INFINITY : to)) {
      meter.take(cost)
      if (meter.isSpent) return
      if (meter.isSliceSpent) yield meter.beginSlice()
    }
    if (meter.isSliceSpent) yield meter.beginSlice()
  }
}

type Judging = { readonly windows: PhraseWindows; readonly stretch: Stretch; readonly caught: Catch }

/** Asks the listeners of a candidate. */
class Judge {
  readonly #sieve: Sieve
  readonly #judging: Judging

  constructor(sieve: Sieve, judging: Judging) {
    this.#sieve = sieve
    this.#judging = judging
  }

  /** @returns how many were asked */
  ask(candidates: Candidates, at: number): number {
    const listeners = this.#sieve.listening.lists[candidates.listAt(at)] ?? NOBODY
    const start = candidates.startAt(at)
    const end = candidates.endAt(at)
    for (const listener of listeners) this.#askOne(listener, start, end)
    return listeners.length
  }

  #askOne(listener: number, start: number, end: number): void {
    const { recognisers, anchors } = this.#sieve
    const { windows, stretch, caught } = this.#judging
    const recogniser = recognisers[listener]
    if (recogniser !== undefined) {
      const spans = recogniser.recognise(stretch.text, start, end)
      if (spans.length > 0) for (const span of spans) caught.span(span)
      return
    }
    const mask = anchors[listener - recognisers.length]
    if (mask === undefined) caught.run(start, end)
    else windows.anchor(mask, start, end)
  }
}

const NOBODY: readonly number[] = []
