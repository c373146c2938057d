import type { Span } from '../sighting.ts'

/** Findings of one inspection; beyond them it has a fault. */
export const MOST_SIGHTINGS = 5_000

/** The findings in one text: each once, however many candidates led to it, and one more than are allowed at most. */
export class SpanSet {
  readonly #known = new Set<string>()
  readonly #spans: Span[] = []

  add(span: Span): void {
    if (this.#spans.length > MOST_SIGHTINGS) return
    const key = `${span.signal} ${span.start} ${span.end}`
    if (this.#known.has(key)) return
    this.#known.add(key)
    this.#spans.push(span)
  }

  get size(): number {
    return this.#spans.length
  }

  /** By place, then by signal. */
  sorted(): readonly Span[] {
    return this.#spans.sort(
      (left, right) =>
        left.start - right.start || left.end - right.end || (left.signal < right.signal ? -1 : 1),
    )
  }
}
