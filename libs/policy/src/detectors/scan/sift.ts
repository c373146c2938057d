import { PhraseWindows } from '../injection/phrase-windows.ts'
import type { Recogniser, Trigger } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
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
  const candidates: number[] = []
  const windows = new PhraseWindows(stretch, caught.span)
  const judging = { windows, stretch, caught }
  const scan = new TextScan(stretch, sieve.listening, (listener, start, end) =>
    candidates.push(listener, start, end),
  )
  while (scan.at < stretch.to) {
    const to = Math.min(stretch.to, scan.at + CHUNK)
    meter.take((to - scan.at) * COST_OF_CODE_UNIT)
    scan.advance(to)
    for (let at = 0; at < candidates.length; at += 3) {
      judge(sieve, candidates, at, judging)
      meter.take(COST_OF_CANDIDATE)
      if (meter.isSpent) return
      if (meter.isSliceSpent) yield meter.beginSlice()
    }
    candidates.length = 0
    for (const cost of windows.weighed(to === stretch.to ? Number.POSITIVE_INFINITY : to)) {
      meter.take(cost)
      if (meter.isSpent) return
      if (meter.isSliceSpent) yield meter.beginSlice()
    }
    if (meter.isSliceSpent) yield meter.beginSlice()
  }
}

type Judging = { readonly windows: PhraseWindows; readonly stretch: Stretch; readonly caught: Catch }

function judge(sieve: Sieve, candidates: readonly number[], at: number, judging: Judging): void {
  const { windows, stretch, caught } = judging
  const listener = candidates[at] ?? 0
  const start = candidates[at + 1] ?? 0
  const end = candidates[at + 2] ?? 0
  const recogniser = sieve.recognisers[listener]
  if (recogniser !== undefined) {
    for (const span of recogniser.recognise(stretch.text, start, end)) caught.span(span)
    return
  }
  const mask = sieve.anchors[listener - sieve.recognisers.length]
  if (mask === undefined) caught.run(start, end)
  else windows.anchor(mask, start, end)
}
