import { Refusal } from '@writ/contracts'

export type BreakerSettings = {
  /** failures in a row that open it */
  readonly failures: number
  /** how long nothing is sent at first; each failed probe doubles it */
  readonly openMs: number
  readonly mostOpenMs: number
}

/** What became of a call that was let through. Whoever says nothing has learnt nothing, e.g. because the agent hung up. */
export type Pass = {
  readonly succeeded: () => void
  /** @returns true when this very failure opened the breaker */
  readonly failed: () => boolean
}

/**
 * Stops calls to an upstream that fails, so that each is answered at once and nothing waits for it. Once the time is over one call goes
 * out as a probe, and another one as long after: a probe of which nothing is heard stops nobody for ever.
 */
export class Breaker {
  readonly #settings: BreakerSettings
  readonly #nowMs: () => number
  #failures = 0
  #openMs: number
  /** null while calls go through */
  #openUntilMs: number | null = null
  #succeededAtMs = Number.NEGATIVE_INFINITY

  constructor(settings: BreakerSettings, nowMs: () => number) {
    this.#settings = settings
    this.#nowMs = nowMs
    this.#openMs = settings.openMs
  }

  get isOpen(): boolean {
    return this.#openUntilMs !== null
  }

  /** A Refusal says in how many seconds the next probe may go. */
  enter(): Pass | Refusal {
    const startedAtMs = this.#nowMs()
    if (this.#openUntilMs !== null) {
      const leftMs = this.#openUntilMs - startedAtMs
      if (leftMs > 0) return new Refusal('upstream_broken', undefined, Math.ceil(leftMs / 1000))
      this.#openUntilMs = startedAtMs + this.#openMs
    }
    return { succeeded: () => this.#succeed(), failed: () => this.#fail(startedAtMs) }
  }

  #succeed(): void {
    this.#succeededAtMs = this.#nowMs()
    this.#failures = 0
    this.#openUntilMs = null
    this.#openMs = this.#settings.openMs
  }

  /** A call that failed while others succeeded says something of the call, not of the upstream. */
  #fail(startedAtMs: number): boolean {
    if (this.#succeededAtMs >= startedAtMs) return false
    if (this.#openUntilMs !== null) {
      this.#openMs = Math.min(this.#openMs * 2, this.#settings.mostOpenMs)
      this.#openUntilMs = this.#nowMs() + this.#openMs
      return false
    }
    this.#failures += 1
    if (this.#failures < this.#settings.failures) return false
    this.#openUntilMs = this.#nowMs() + this.#openMs
    return true
  }
}
