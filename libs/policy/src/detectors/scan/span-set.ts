import type { Span } from '../sighting.ts'

/** Findings of one inspection; beyond them it has a fault. */
export const MOST_SIGHTINGS = 5_000

/** The findings in one text: each once, however many candidates led to it, and one more than are allowed at most. */
export class SpanSet {
  /** made for the first: most texts have none */
  #byStart: Map<number, Span[]> | null = null
  readonly #spans: Span[] = []

  add(span: Span): void {
    if (this.isFull) return
    this.#byStart ??= new Map<number, Span[]>()
    const beside = this.#byStart.get(span.start)
    if (beside === undefined) this.#byStart.set(span.start, [span])
    else if (beside.some(({ signal, end }) => signal === span.signal && end === span.end)) return
    else beside.push(span)
    this.#spans.push(span)
  }

  get size(): number {
    return this.#spans.length
  }

  /** More than an inspection may report: nothing that is found from now on changes its fault. */
  get isFull(): boolean {
    return this.#spans.length > MOST_SIGHTINGS
  }

  /** By place, then by signal. */
  sorted(): readonly Span[] {
    return this.#spans.sort(
      (left, right) =>
        left.start - right.start || left.end - right.end || (left.signal < right.signal ? -1 : 1),
    )
  }
}
