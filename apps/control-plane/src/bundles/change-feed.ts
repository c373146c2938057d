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
  changesAfter(after: number, waitMs: number): Promise<ChangesAnswer> {
    return this.#hold(waitMs, {
      look: () => this.#look(after),
      count: () => this.watch.count,
      changed: (count, limitMs) => this.watch.changedSince(count, limitMs),
    })
  }

  /** Looks at every commit of one tenant until there is a change, at most that long. */
  changesOf(slug: string, waitMs: number, look: () => Promise<ChangesAnswer>): Promise<ChangesAnswer> {
    return this.#hold(waitMs, {
      look,
      count: () => this.watch.countOf(slug),
      changed: (count, limitMs) => this.watch.changedSinceOf(slug, count, limitMs),
    })
  }

  async #hold(waitMs: number, { look, count, changed }: Watched): Promise<ChangesAnswer> {
    // A clock that is put back must not hold anybody for longer.
    const untilMs = performance.now() + waitMs
    for (;;) {
      const seen = count()
      const answer = await look()
      const leftMs = Math.ceil(untilMs - performance.now())
      if (answer.changes.length > 0 || leftMs <= 0) return answer
      await changed(seen, leftMs)
    }
  }

  /** Says, signed, that up to `committed` nothing is missing. */
  heartbeat(committed: number): Promise<string> {
    const issuedAt = new Date(this.clock.nowMs()).toISOString()
    return sealHeartbeat({ format: 'writ.heartbeat.v1', issuedAt, seq: committed }, this.keys.signer)
  }

  // The position comes first: a change that is committed in between is in the list and not yet in the position, never the reverse.
  async #look(after: number): Promise<ChangesAnswer> {
    const { committed } = await this.platform.feedPosition()
    const changes = await this.platform.changesAfter(after, MAX_CHANGES)
    return { heartbeat: await this.heartbeat(committed), changes, seq: changes.at(-1)?.seq ?? committed }
  }
}

/** What is looked at, and how its next commit is waited for. */
type Watched = {
  readonly look: () => Promise<ChangesAnswer>
  readonly count: () => number
  readonly changed: (count: number, limitMs: number) => Promise<void>
}
