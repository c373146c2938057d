import { setImmediate as turn } from 'node:timers/promises'
import { unprocessable } from '../http/problem.ts'

/** Long work that others of the process do not wait for: it gives way every few milliseconds, and ends when it has had its time. */
export class Turns {
  readonly #what: string
  readonly #endMs: number
  #sinceMs = performance.now()

  /** @param what it is that may take too long, as a person is told */
  constructor(what: string, longestMs = LONGEST_MS) {
    this.#what = what
    this.#endMs = this.#sinceMs + longestMs
  }

  /** @throws 422 when all the runs together have had their time */
  async run<T>(steps: Generator<void, T>): Promise<T> {
    this.#sinceMs = performance.now()
    for (;;) {
      const { done, value } = steps.next()
      if (done === true) return value
      await this.#giveWay()
    }
  }

  async #giveWay(): Promise<void> {
    const nowMs = performance.now()
    if (nowMs > this.#endMs)
      throw unprocessable(`${this.#what}: stopped, because it took too long`, undefined)
    if (nowMs - this.#sinceMs < SLICE_MS) return
    await turn()
    this.#sinceMs = performance.now()
  }
}

const LONGEST_MS = 10_000
const SLICE_MS = 4
