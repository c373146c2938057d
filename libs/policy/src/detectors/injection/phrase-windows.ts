import type { Catch, Stretch } from '../scan/sift.ts'
import { isWanted, weigh } from './weigh.ts'

/** Anchors that stand close together are read together; a window is as wide as anything that is looked for. */
export class PhraseWindows {
  /** in the order of their places, so only the last can be open */
  readonly #clusters: Cluster[] = []
  /** clusters before this one are done with */
  #next = 0

  /** What was met before is forgotten. */
  begin(): void {
    this.#clusters.length = 0
    this.#next = 0
  }

  anchor(mask: number, start: number, end: number): void {
    const last = this.#clusters.at(-1)
    if (last !== undefined && start - last.end <= GAP && end - last.start <= MOST_OF_CLUSTER) {
      last.mask |= mask
      last.end = Math.max(last.end, end)
    } else this.#clusters.push({ start, end, mask })
  }

  /** Weighs the next window that ends before `at` and is worth it. @returns what it cost; 0 when there is none */
  weighNext(at: number, stretch: Stretch, caught: Catch): number {
    for (let cluster = this.#closed(at); cluster !== undefined; cluster = this.#closed(at)) {
      this.#next += 1
      if (isWanted(cluster.mask, stretch.isDefinition)) return weighed(cluster, stretch, caught)
    }
    this.#clusters.splice(0, this.#next)
    this.#next = 0
    return 0
  }

  #closed(at: number): Cluster | undefined {
    const cluster = this.#clusters[this.#next]
    return cluster !== undefined && cluster.end + GAP < at ? cluster : undefined
  }
}

function weighed({ start, end, mask }: Cluster, { text, isDefinition }: Stretch, caught: Catch): number {
  const window = { text, start: Math.max(0, start - BEFORE), end: Math.min(text.length, end + AFTER) }
  for (const span of weigh(window, mask, isDefinition)) caught.span(span)
  return COST_OF_WINDOW + (window.end - window.start) * COST_OF_LETTER
}

type Cluster = { readonly start: number; end: number; mask: number }

const GAP = 120
const MOST_OF_CLUSTER = 1_200
const BEFORE = 80
const AFTER = 200
const COST_OF_WINDOW = 200
const COST_OF_LETTER = 12
