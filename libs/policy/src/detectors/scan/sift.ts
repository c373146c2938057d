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
export interface Catch {
  /** nothing more is wanted */
  readonly isFull: boolean
  span(span: Span): void
  run(start: number, end: number): void
}

/** Code units between two looks at the meter. */
export const CHUNK = 4 * 1024

/** Of a step of the pass, in text that is all digits and separators. */
const COST_OF_CODE_UNIT = 4

/** Of asking a recogniser about one candidate. */
const COST_OF_CANDIDATE = 200

/** One pass over a stretch after another, by what was made once for all of them. What is found does not depend on where it pauses. */
export class Sifter {
  readonly #sieve: Sieve
  readonly #meter: Meter
  readonly #candidates = new Candidates()
  readonly #windows = new PhraseWindows()
  readonly #scan: TextScan
  #stretch: Stretch = NO_STRETCH
  #caught: Catch = NOBODY
  /** of the candidates of one part */
  #asked = 0

  constructor(sieve: Sieve, meter: Meter) {
    this.#sieve = sieve
    this.#meter = meter
    this.#scan = new TextScan(sieve.listening, this.#candidates)
  }

  begin(stretch: Stretch, caught: Catch): void {
    this.#stretch = stretch
    this.#caught = caught
    this.#candidates.clear()
    this.#asked = 0
    this.#windows.begin()
    this.#scan.begin(stretch)
  }

  /** Whether all of the stretch that was passed over is ASCII. */
  get isAscii(): boolean {
    return this.#scan.isAscii
  }

  /** Goes on with the stretch. @returns false when the slice is spent and there is more to do; no more is done once the meter is spent */
  run(): boolean {
    for (;;) {
      if (!this.#askAll() || !this.#weighAll()) return this.#meter.isSpent
      if (this.#scan.at === this.#stretch.to || this.#isOver) return true
      if (this.#meter.isSliceSpent) return false
      this.#pass()
    }
  }

  get #isOver(): boolean {
    return this.#meter.isSpent || this.#caught.isFull
  }

  #pass(): void {
    const { at } = this.#scan
    const to = Math.min(this.#stretch.to, at + CHUNK)
    this.#candidates.clear()
    this.#asked = 0
    this.#meter.take((to - at) * COST_OF_CODE_UNIT)
    this.#scan.advance(to)
  }

  #askAll(): boolean {
    while (this.#asked < this.#candidates.count) {
      if (this.#meter.isSliceSpent) return false
      this.#ask(this.#asked)
      this.#asked += 1
    }
    return true
  }

  #weighAll(): boolean {
    const { at } = this.#scan
    const before = at === this.#stretch.to ? Number.POSITIVE_INFINITY : at
    while (!this.#meter.isSliceSpent) {
      const cost = this.#windows.weighNext(before, this.#stretch, this.#caught)
      if (cost === 0) return true
      this.#meter.take(cost)
    }
    return false
  }

  /** Asks the listeners of a candidate. */
  #ask(at: number): void {
    const listeners = this.#sieve.listening.lists[this.#candidates.listAt(at)] ?? NO_LISTENERS
    const start = this.#candidates.startAt(at)
    const end = this.#candidates.endAt(at)
    for (const listener of listeners) this.#askOne(listener, start, end)
    this.#meter.take(listeners.length * COST_OF_CANDIDATE)
  }

  #askOne(listener: number, start: number, end: number): void {
    const { recognisers, anchors } = this.#sieve
    const recogniser = recognisers[listener]
    if (recogniser !== undefined) {
      const spans = recogniser.recognise(this.#stretch.text, start, end)
      if (spans.length > 0) for (const span of spans) this.#caught.span(span)
      return
    }
    const mask = anchors[listener - recognisers.length]
    if (mask === undefined) this.#caught.run(start, end)
    else this.#windows.anchor(mask, start, end)
  }
}

const NO_STRETCH: Stretch = { text: '', from: 0, to: 0, isDefinition: false }
const NOBODY: Catch = { isFull: false, span: () => {}, run: () => {} }
const NO_LISTENERS: readonly number[] = []
