import { Injectable } from '@nestjs/common'
import { sealHeartbeat } from '@writ/bundle'
import type { ChangesAnswer } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { BundleKeys } from './bundle-keys.ts'
import { CommitWatch } from './commit-watch.ts'

const MAX_CHANGES = 1000

/** The change feed over HTTP, straight from Postgres. */
@Injectable()
export class ChangeFeed {
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly keys: BundleKeys,
    private readonly watch: CommitWatch,
  ) {}

  /** Held until there is a change after `after`, at most that long. */
  async changesAfter(after: number, waitMs: number): Promise<ChangesAnswer> {
    const untilMs = this.clock.nowMs() + waitMs
    for (;;) {
      const { count } = this.watch
      const answer = await this.#look(after)
      const leftMs = untilMs - this.clock.nowMs()
      if (answer.changes.length > 0 || leftMs <= 0) return answer
      await this.watch.changedSince(count, leftMs)
    }
  }

  // The position comes first: a change that is committed in between is in the list and not yet in the position, never the reverse.
  async #look(after: number): Promise<ChangesAnswer> {
    const { committed } = await this.platform.feedPosition()
    const changes = await this.platform.changesAfter(after, MAX_CHANGES)
    const issuedAt = new Date(this.clock.nowMs()).toISOString()
    const heartbeat = await sealHeartbeat(
      { format: 'writ.heartbeat.v1', issuedAt, seq: committed },
      this.keys.signer,
    )
    return { heartbeat, changes, seq: changes.at(-1)?.seq ?? committed }
  }
}
