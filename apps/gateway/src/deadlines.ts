/** Something that has until `dueMs` (monotonic milliseconds), which may be moved; a moment later it is late. */
export type Awaited = { readonly dueMs: number; readonly late: () => void }

const LOOK_EVERY_MS = 50

/** One timer for waits that nearly all end in time: a timer for each costs more than what it watches over. */
export class Deadlines {
  readonly #awaited = new Set<Awaited>()
  #timer: NodeJS.Timeout | null = null

  add(one: Awaited): void {
    this.#awaited.add(one)
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
  }

  /** It is not awaited any more. */
  drop(one: Awaited): void {
    this.#awaited.delete(one)
  }

  #look(): void {
    const nowMs = performance.now()
    for (const one of this.#awaited) {
      if (one.dueMs > nowMs) continue
      this.#awaited.delete(one)
      one.late()
    }
    if (this.#awaited.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}

/** Those of this process. */
export const deadlines = new Deadlines()
