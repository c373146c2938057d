import type { Span } from '../sighting.ts'
import type { Piece } from './decode-escapes.ts'
import type { SpanSet } from './span-set.ts'

/** Which findings begin or end inside of a piece: that was read wrong as the text stands, and is read right decoded. */
export class Divided {
  /** of all findings in the text as it stands, in order */
  readonly #borders: readonly number[]
  readonly #divided = new Set<number>()

  constructor(plain: SpanSet) {
    this.#borders =
      plain.size === 0 ? [] : [...plain.sorted()].flatMap(({ start, end }) => [start, end]).sort(byValue)
  }

  saw(pieces: readonly Piece[]): void {
    if (this.#borders.length === 0) return
    for (const { start, end } of pieces) {
      for (let at = this.#firstAfter(start); (this.#borders[at] ?? end) < end; at += 1)
        this.#divided.add(this.#borders[at] ?? 0)
    }
  }

  has({ start, end }: Span): boolean {
    return this.#divided.has(start) || this.#divided.has(end)
  }

  #firstAfter(place: number): number {
    let low = 0
    let high = this.#borders.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#borders[middle] ?? 0) <= place) low = middle + 1
      else high = middle
    }
    return low
  }
}

const byValue = (left: number, right: number): number => left - right
