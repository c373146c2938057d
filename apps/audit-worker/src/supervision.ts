import { setTimeout as delay } from 'node:timers/promises'
import { brakeOf, tellBrake } from '@writ/redis'
import type { Brake, BrakeLimits, QueueSample, RedisLink } from '@writ/redis'
import type { Telling } from './telling.ts'

const LOOK_EVERY_MS = 1000
/** Batches that wait for so long, none coming to an end, though the ledger answers, mean that the connections are no good. */
const STUCK_MS = 30_000

export type SupervisionPorts = {
  /** of each queue that is emptied; one that is away rejects */
  readonly samples: readonly (() => Promise<QueueSample>)[]
  /** whom gateways ask whether they may add; null in single-node mode */
  readonly redis: RedisLink | null
  readonly limits: BrakeLimits
  /**
   * Adds batches that this worker ended to those that all workers of the queues did.
   * @returns how many those are; rejects where they cannot be told
   */
  readonly tellEnded: (batches: number) => Promise<number>
  readonly telling: Telling
  readonly isLedgerReachable: () => Promise<boolean>
  readonly rebuild: () => Promise<void>
  /** ends this process, for whoever runs it to start it anew */
  readonly giveUp: () => void
  readonly nowMs: () => number
}

/** Looks at the queues every second: tells gateways when they are full enough, and does not trust connections over which nothing moves. */
export class Supervision {
  readonly #ports: SupervisionPorts
  #brake: Brake | null = null
  #endedBatches = 0
  #toldBatches = 0
  #endedByAll: number | null = null
  #movedAtMs: number
  #hasRebuilt = false

  constructor(ports: SupervisionPorts) {
    this.#ports = ports
    this.#movedAtMs = ports.nowMs()
  }

  /** False while batches wait and none comes to an end. */
  get isMoving(): boolean {
    return this.#ports.nowMs() - this.#movedAtMs < STUCK_MS && !this.#hasRebuilt
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look().catch(() => {})
      await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  async look(): Promise<void> {
    const { samples, telling, limits } = this.#ports
    const answers = await Promise.allSettled(samples.map((sample) => sample()))
    const heard = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const depth = heard.reduce((sum, sample) => sum + sample.depth, 0)
    const memoryShare = heard.reduce<number | null>((share, sample) => sample.memoryShare ?? share, null)
    this.#brake = brakeOf({ depth, memoryShare }, limits, this.#brake !== null)
    telling.sampled({ depth, memoryShare }, this.#brake)
    await this.#tell()
    await this.#watch(depth)
  }

  async #tell(): Promise<void> {
    const { redis } = this.#ports
    // At the very end of its memory a server takes no key either; producers see that themselves.
    if (redis) await tellBrake(redis.client, this.#brake).catch(() => {})
  }

  /** Whether a batch of this worker came to an end since the last look, or of another. */
  async #haveEnded(): Promise<boolean> {
    const { telling, tellEnded } = this.#ports
    const { endedBatches } = telling
    const hasOwn = endedBatches !== this.#endedBatches
    this.#endedBatches = endedBatches
    const before = this.#endedByAll
    try {
      this.#endedByAll = await tellEnded(endedBatches - this.#toldBatches)
      this.#toldBatches = endedBatches
    } catch {
      return hasOwn
    }
    return hasOwn || (before !== null && this.#endedByAll !== before)
  }

  // One worker that ends a batch of a queue gets the next one of it: while that goes on, the others get none, and nothing is wrong with them.
  async #watch(depth: number): Promise<void> {
    const { telling, nowMs, isLedgerReachable, rebuild, giveUp } = this.#ports
    const hasMoved = (await this.#haveEnded()) || depth === 0
    // A ledger that is away is no fault of the connections: everything waits for it, and goes on.
    if (hasMoved || !(await isLedgerReachable())) {
      this.#movedAtMs = nowMs()
      if (hasMoved) this.#hasRebuilt = false
      return
    }
    if (nowMs() - this.#movedAtMs < STUCK_MS) return
    this.#movedAtMs = nowMs()
    if (this.#hasRebuilt) {
      telling.stuck(depth, 'giving up')
      return giveUp()
    }
    this.#hasRebuilt = true
    telling.stuck(depth, 'rebuilding')
    await rebuild()
  }
}
