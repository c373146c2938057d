import { Injectable } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Settings } from '../settings.ts'
import { Losses } from './losses.ts'
import { Reaping } from './reaping.ts'

const LONGEST_REST_MS = 15_000
/** A look that is less late than that is late on a slow machine. */
const LATE_MS = 3000

/** Tells of what nobody else tells of any more: records that do not come, and calls of which nobody says how they ended. */
@Injectable()
export class SilenceWatch extends LeaderLoop {
  readonly #settings: Settings
  readonly #losses: Losses
  readonly #reaping: Reaping
  /** since when this control plane looks without a break */
  #sinceMs = performance.now()
  #nextAtMs = this.#sinceMs

  // oxlint-disable-next-line max-params -- injected
  constructor(watch: CommitWatch, faults: Faults, settings: Settings, losses: Losses, reaping: Reaping) {
    const failure = 'looking for records that do not come failed'
    super(watch, faults, { failure, retryMs: LONGEST_REST_MS, wakesAtCommits: false })
    this.#settings = settings
    this.#losses = losses
    this.#reaping = reaping
  }

  // While no control plane ran, or none had the database, nobody could be heard: whoever lives is heard again first.
  protected override async round(): Promise<number> {
    const upMs = this.#unbrokenMs()
    let restMs = LONGEST_REST_MS
    try {
      restMs = await this.#look(upMs)
    } finally {
      this.#nextAtMs = performance.now() + restMs
    }
    return restMs
  }

  async #look(upMs: number): Promise<number> {
    const { streamLostAfterSeconds, silentAfterSeconds } = this.#settings
    let isMore = false
    try {
      if (upMs >= 1000 * streamLostAfterSeconds) await this.#losses.tell()
    } finally {
      if (upMs >= 1000 * silentAfterSeconds) isMore = await this.#reaping.reap()
    }
    return isMore ? 0 : Math.min(LONGEST_REST_MS, 250 * silentAfterSeconds)
  }

  /** For how long it has looked without a break: a look that is so late may not know that somebody lives. */
  #unbrokenMs(): number {
    const nowMs = performance.now()
    const lateMs = Math.max(LATE_MS, (1000 * this.#settings.silentAfterSeconds) / 3)
    if (nowMs - this.#nextAtMs >= lateMs) this.#sinceMs = nowMs
    return nowMs - this.#sinceMs
  }
}
