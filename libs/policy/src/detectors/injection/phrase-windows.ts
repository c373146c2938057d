import type { Stretch } from '../scan/sift.ts'
import type { Span } from '../sighting.ts'
import { isWanted, weigh } from './weigh.ts'

/** Anchors that stand close together are read together; a window is as wide as anything that is looked for. */
export class PhraseWindows {
  readonly #stretch: Stretch
  readonly #report: (span: Span) => void
  #clusters: Cluster[] = []

  constructor(stretch: Stretch, report: (span: Span) => void) {
    this.#stretch = stretch
    this.#report = report
  }

  anchor(mask: number, start: number, end: number): void {
    const last = this.#clusters.at(-1)
    if (last !== undefined && start - last.end <= GAP && end - last.start <= MOST_OF_CLUSTER) {
      last.mask |= mask
      last.end = Math.max(last.end, end)
    } else this.#clusters.push({ start, end, mask })
  }

  /** Weighs the windows that end before `at`, and says after each what it cost. */
  *weighed(at: number): Generator<number> {
    const { text, isDefinition } = this.#stretch
    for (const { start, end, mask } of this.#closedBefore(at)) {
      if (!isWanted(mask, isDefinition)) continue
      const window = { text, start: Math.max(0, start - BEFORE), end: Math.min(text.length, end + AFTER) }
      for (const span of weigh(window, mask, isDefinition)) this.#report(span)
      yield COST_OF_WINDOW + (window.end - window.start) * COST_OF_LETTER
    }
  }

  /** Clusters come in the order of their places, so only the last can be open. */
  #closedBefore(at: number): readonly Cluster[] {
    const last = this.#clusters.at(-1)
    if (last === undefined) return NONE
    const closed = this.#clusters
    const isOpen = last.end + GAP >= at
    this.#clusters = isOpen ? [last] : []
    return isOpen ? closed.slice(0, -1) : closed
  }
}

const NONE: readonly Cluster[] = []

type Cluster = { readonly start: number; end: number; mask: number }

const GAP = 120
const MOST_OF_CLUSTER = 1_200
const BEFORE = 80
const AFTER = 200
const COST_OF_WINDOW = 200
const COST_OF_LETTER = 12
