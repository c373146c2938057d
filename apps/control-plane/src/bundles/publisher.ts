import { Injectable } from '@nestjs/common'
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { CommitWatch } from './commit-watch.ts'
import { Publication } from './publication.ts'

const HEARTBEAT_MS = 5000
const RECONCILE_MS = 30_000
const RETRY_MS = 500

/**
 * Carries committed bundles to where gateways look, at least once, from the one control plane that leads. What fails
 * stays in the outbox and is tried again; the reconciler also covers a Redis that forgot.
 */
@Injectable()
export class Publisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #isStopped = false
  #beatDueMs = 0
  #reconcileDueMs = 0
  #work: Promise<void> = Promise.resolve()

  constructor(
    private readonly clock: Clock,
    private readonly watch: CommitWatch,
    private readonly publication: Publication,
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
        this.faults.report('publishing bundles failed; it is tried again', error)
        return RETRY_MS
      })
      await this.watch.changedSince(count, waitMs)
    }
  }

  /** @returns how long nothing needs to be done unless something is committed */
  async #round(): Promise<number> {
    if (!(await this.watch.lead())) return HEARTBEAT_MS
    while (await this.publication.publishPending()) if (this.#isStopped) return 0
    const nowMs = this.clock.nowMs()
    if (nowMs >= this.#reconcileDueMs) {
      await this.publication.reconcile()
      this.#reconcileDueMs = nowMs + RECONCILE_MS
    }
    if (nowMs >= this.#beatDueMs) {
      await this.publication.beat()
      this.#beatDueMs = nowMs + HEARTBEAT_MS
    }
    return Math.max(1, this.#beatDueMs - this.clock.nowMs())
  }
}
