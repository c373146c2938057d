import { Injectable } from '@nestjs/common'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
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
export class Publisher extends LeaderLoop {
  readonly #clock: Clock
  readonly #publication: Publication
  #beatDueMs = 0
  #reconcileDueMs = 0

  constructor(watch: CommitWatch, faults: Faults, clock: Clock, publication: Publication) {
    super(watch, faults, { failure: 'publishing bundles failed', retryMs: RETRY_MS, wakesAtCommits: true })
    this.#clock = clock
    this.#publication = publication
  }

  /** @returns how long nothing needs to be done unless something is committed */
  protected override async round(): Promise<number> {
    while (await this.#publication.publishPending()) if (this.isStopped) return 0
    const nowMs = this.#clock.nowMs()
    if (nowMs >= this.#reconcileDueMs) {
      await this.#publication.reconcile()
      this.#reconcileDueMs = nowMs + RECONCILE_MS
    }
    if (nowMs >= this.#beatDueMs) {
      await this.#publication.beat()
      this.#beatDueMs = nowMs + HEARTBEAT_MS
    }
    return Math.max(1, this.#beatDueMs - this.#clock.nowMs())
  }
}
