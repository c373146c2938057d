import { Injectable } from '@nestjs/common'
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
  readonly #publication: Publication
  #beatDueMs = 0
  #reconcileDueMs = 0

  constructor(watch: CommitWatch, faults: Faults, publication: Publication) {
    super(watch, faults, { failure: 'publishing bundles failed', retryMs: RETRY_MS, wakesAtCommits: true })
    this.#publication = publication
  }

  /** @returns how long nothing needs to be done unless something is committed */
  protected override async round(): Promise<number> {
    await this.#publishAndBeat()
    if (performance.now() >= this.#reconcileDueMs) {
      await this.#publication.reconcile(() => this.#publishAndBeat())
      this.#reconcileDueMs = performance.now() + RECONCILE_MS
    }
    return Math.max(1, Math.ceil(this.#beatDueMs - performance.now()))
  }

  /** Edits wait for no reconciler, and no heartbeat for many edits. @returns false when this process stops */
  async #publishAndBeat(): Promise<boolean> {
    for (let isMore = true; isMore && !this.isStopped;) {
      isMore = await this.#publication.publishPending()
      if (performance.now() < this.#beatDueMs) continue
      await this.#publication.beat()
      this.#beatDueMs = performance.now() + HEARTBEAT_MS
    }
    return !this.isStopped
  }
}
