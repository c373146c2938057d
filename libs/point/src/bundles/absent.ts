const ABSENT_MS = 2000
const MOST_ABSENT = 10_000

/** Names of which the control plane said a moment ago that there is no such tenant. Anybody can ask for any name: they are bounded. */
export class Absent {
  readonly #monotonicMs: () => number
  readonly #untilMs = new Map<string, number>()

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  add(slug: string): void {
    if (this.#untilMs.size >= MOST_ABSENT) this.#untilMs.clear()
    this.#untilMs.set(slug, this.#monotonicMs() + ABSENT_MS)
  }

  has(slug: string): boolean {
    return (this.#untilMs.get(slug) ?? 0) > this.#monotonicMs()
  }

  delete(slug: string): void {
    this.#untilMs.delete(slug)
  }

  clear(): void {
    this.#untilMs.clear()
  }
}
