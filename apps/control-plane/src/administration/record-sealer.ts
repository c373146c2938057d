import { Injectable } from '@nestjs/common'
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { Sealing } from './sealing.ts'

/** Looked at again after a batch was sent: the next one follows when the ledger holds it. */
const UNDER_WAY_MS = 250
const QUIET_MS = 1000
const NOT_LEADING_MS = 5000

/** Carries administrative events to the ledger, at least once, from the one control plane that leads. */
@Injectable()
export class RecordSealer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #isStopped = false
  #work: Promise<void> = Promise.resolve()

  constructor(
    private readonly watch: CommitWatch,
    private readonly sealing: Sealing,
    private readonly faults: Faults,
  ) {}

  onApplicationBootstrap(): void {
    this.#work = this.#run()
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopped = true
    this.watch.stop()
    await this.#work
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const { count } = this.watch
      const waitMs = await this.#round().catch((error: unknown) => {
        this.faults.report('sealing administrative events failed; it is tried again', error)
        return QUIET_MS
      })
      await this.watch.changedSince(count, waitMs)
    }
  }

  async #round(): Promise<number> {
    if (!(await this.watch.lead())) return NOT_LEADING_MS
    return (await this.sealing.sealPending()) > 0 ? UNDER_WAY_MS : QUIET_MS
  }
}
