import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common'
import type { CommitWatch } from './bundles/commit-watch.ts'
import type { Faults } from './faults.ts'

/** How often a control plane that does not lead tries to. */
const NOT_LEADING_MS = 5000

/** What a loop does, and how it rests. */
export type Loop = {
  /** told when a round fails */
  readonly failure: string
  /** after a round that failed */
  readonly retryMs: number
  /** whether a commit begins the next round before its time */
  readonly wakesAtCommits: boolean
}

/** Work that goes on, round after round, in the one control plane that leads. A round that fails is tried again. */
export abstract class LeaderLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #watch: CommitWatch
  readonly #faults: Faults
  readonly #loop: Loop
  #isStopped = false
  #work: Promise<void> = Promise.resolve()

  constructor(watch: CommitWatch, faults: Faults, loop: Loop) {
    this.#watch = watch
    this.#faults = faults
    this.#loop = loop
  }

  /** @returns milliseconds until the next round */
  protected abstract round(): Promise<number>

  // Whichever loop stops first ends every wait of the watch: the others must not go round without one until their turn to stop comes.
  get #isEnding(): boolean {
    return this.#isStopped || this.#watch.isStopped
  }

  protected get isStopped(): boolean {
    return this.#isStopped
  }

  onApplicationBootstrap(): void {
    this.#work = this.#run()
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopped = true
    this.#watch.stop()
    await this.#work
  }

  async #run(): Promise<void> {
    const { failure, retryMs } = this.#loop
    while (!this.#isEnding) {
      const { count } = this.#watch
      const waitMs = await this.#attempt().catch((error: unknown) => {
        this.#faults.report(`${failure}; it is tried again`, error)
        return retryMs
      })
      await this.#rest(count, waitMs)
    }
  }

  async #attempt(): Promise<number> {
    return (await this.#watch.lead()) ? this.round() : NOT_LEADING_MS
  }

  async #rest(count: number, waitMs: number): Promise<void> {
    if (this.#loop.wakesAtCommits) return this.#watch.changedSince(count, waitMs)
    const untilMs = performance.now() + waitMs
    for (let leftMs = waitMs; leftMs > 0 && !this.#isEnding; leftMs = untilMs - performance.now())
      await this.#watch.changedSince(this.#watch.count, Math.ceil(leftMs))
  }
}
