import { Injectable } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Settings } from '../settings.ts'
import type { Log } from './log-rows.ts'
import { IDLE_MS, LogSealing } from './log-sealing.ts'

const LOGS_AT_ONCE = 100
const TOGETHER = 4
/** Tiles that are compared with their records in one round. */
const PATROLS = 8

/** Seals every log that grew, and the global one over them, from the one control plane that leads. */
@Injectable()
export class LogSealer extends LeaderLoop {
  readonly #clock: Clock
  readonly #faults: Faults
  readonly #settings: Settings
  readonly #platform: PlatformQueries
  readonly #sealing: LogSealing

  // oxlint-disable-next-line max-params -- injected
  constructor(
    watch: CommitWatch,
    faults: Faults,
    clock: Clock,
    settings: Settings,
    platform: PlatformQueries,
    sealing: LogSealing,
  ) {
    super(watch, faults, {
      failure: 'sealing the logs failed',
      retryMs: settings.sealEveryMs,
      wakesAtCommits: false,
    })
    this.#clock = clock
    this.#faults = faults
    this.#settings = settings
    this.#platform = platform
    this.#sealing = sealing
  }

  protected override async round(): Promise<number> {
    const isMore = await this.sealAll()
    const due = await this.#platform.unpatrolledLogs(PATROLS)
    for (const log of due)
      await this.#attempt(log, () => this.#sealing.patrol(log, Math.floor(PATROLS / due.length)))
    await this.#attempt('global', () => this.#sealing.patrol('global'))
    return isMore ? 0 : this.#settings.sealEveryMs
  }

  /** Once round all logs. @returns whether there is more already */
  async sealAll(): Promise<boolean> {
    // The global log is begun first: the first checkpoint of a tenant is a leaf of it.
    await this.#sealOne('global')
    const before = new Date(this.#clock.nowMs() - IDLE_MS)
    const logs = await this.#platform.unsealedLogs(before, LOGS_AT_ONCE)
    let isMore = false
    for (let at = 0; at < logs.length && !this.isStopped; at += TOGETHER) {
      const outcomes = await Promise.all(logs.slice(at, at + TOGETHER).map((log) => this.#sealOne(log)))
      isMore ||= outcomes.includes('more') || (logs.length === LOGS_AT_ONCE && outcomes.includes('sealed'))
    }
    if (logs.length > 0) await this.#sealOne('global')
    return isMore
  }

  async #sealOne(log: Log): Promise<string> {
    return (await this.#attempt(log, () => this.#sealing.seal(log))) ?? 'failed'
  }

  /** What fails for one log is no reason to leave the others. */
  async #attempt<T>(log: Log, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      this.#faults.report(
        `sealing ${log === 'global' ? 'the global log' : 'the log of a tenant'} failed; it is tried again`,
        error,
      )
      return null
    }
  }
}
