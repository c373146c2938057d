import { Injectable } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Settings } from '../settings.ts'
import { Losses } from './losses.ts'
import { Reaping } from './reaping.ts'

const LONGEST_REST_MS = 15_000

/** Tells of what nobody else tells of any more: records that do not come, and calls of which nobody says how they ended. */
@Injectable()
export class SilenceWatch extends LeaderLoop {
  readonly #settings: Settings
  readonly #losses: Losses
  readonly #reaping: Reaping
  readonly #startedAtMs = performance.now()

  // oxlint-disable-next-line max-params -- injected
  constructor(watch: CommitWatch, faults: Faults, settings: Settings, losses: Losses, reaping: Reaping) {
    const failure = 'looking for records that do not come failed'
    super(watch, faults, { failure, retryMs: LONGEST_REST_MS, wakesAtCommits: false })
    this.#settings = settings
    this.#losses = losses
    this.#reaping = reaping
  }

  // While no control plane ran, nobody could be heard: whoever lives is heard again first.
  protected override async round(): Promise<number> {
    const { streamLostAfterSeconds, silentAfterSeconds } = this.#settings
    const upMs = performance.now() - this.#startedAtMs
    let isMore = false
    try {
      if (upMs >= 1000 * streamLostAfterSeconds) await this.#losses.tell()
    } finally {
      if (upMs >= 1000 * silentAfterSeconds) isMore = await this.#reaping.reap()
    }
    return isMore ? 0 : Math.min(LONGEST_REST_MS, 250 * silentAfterSeconds)
  }
}
