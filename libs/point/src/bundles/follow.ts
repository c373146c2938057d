import type { BundleFault, Freshness } from '@writ/bundle'
import { isBundleFault, openHeartbeat } from '@writ/bundle'
import type { BundleChange, BundleKey, ChangesAnswer } from '@writ/contracts'
import { pause } from '../pause.ts'
import type { BundleCache, LastBeat } from './bundle-cache.ts'
import type { LiveBundles } from './current-bundle.ts'

/** Changes as they are published, where this point can listen to them: `@writ/redis` has one. */
export type ChangeFeed = {
  /** the signed heartbeat; null when there is none */
  readonly heartbeat: () => Promise<string | null>
  /** where the stream of changes ends now */
  readonly position: () => Promise<string>
  /** Reports each change after a position, in order, until the signal aborts. */
  readonly follow: (
    afterId: string,
    onStep: (step: FeedStep) => Promise<void> | void,
    signal: AbortSignal,
  ) => Promise<void>
}
export type FeedStep =
  | { readonly kind: 'changed'; readonly change: BundleChange }
  | { readonly kind: 'resync' }

export type FollowPorts = {
  readonly bundles: LiveBundles
  readonly freshness: Freshness
  readonly cache: BundleCache
  readonly keys: () => readonly BundleKey[]
  /** a heartbeat was signed by a key that is not known here */
  readonly askForKeys: () => void
  /** null in single-node mode */
  readonly redis: { readonly feed: ChangeFeed; readonly isReady: () => boolean } | null
  readonly changes: (after: number, waitSeconds: number, signal: AbortSignal) => Promise<ChangesAnswer>
  readonly clock: { readonly monotonicMs: () => number; readonly wallMs: () => number }
  readonly report: (problem: string, error: unknown) => void
}

const JOIN_CHECK_MS = 50
const BEAT_EVERY_MS = 1000
const KEPT_EVERY_MS = 5000
/** What Redis says of changes is not signed: as often the control plane is asked for them too, so that nobody in between holds one back for longer. */
const CHECK_EVERY_MS = 30_000
/** so far back it is asked at first: what Redis had at the start may have been old */
const CHECKED_BACK = 1000
/** Two heartbeats did not come: Redis may be at hand and take nothing any more, being full or a replica. */
const QUIET_MS = 10_000
/** how long the stream may owe a change that the heartbeat speaks of */
const OUT_OF_STEP_MS = 5000
/** well within the bound after which a point without word calls itself degraded */
const LONG_POLL_SECONDS = 8

/** Keeps the bundles current until the signal aborts: by Redis where it is at hand, by the control plane where it is not. */
export async function followChanges(ports: FollowPorts, signal: AbortSignal): Promise<void> {
  const follower = new Follower(ports, signal)
  await follower.untilKeysAreKnown()
  await follower.restore()
  const loops = [follower.tend(), follower.poll(), follower.confirm()]
  if (ports.redis) loops.push(follower.readStream(ports.redis.feed))
  await Promise.all(loops)
}

class Follower {
  readonly #ports: FollowPorts
  readonly #signal: AbortSignal
  /** everything up to here is applied, as Redis says too, where nothing is signed */
  #after = 0
  /** everything up to here is published, as the newest heartbeat says */
  #promisedSeq = 0
  #inStepAtMs: number
  /** everything up to here the control plane has told itself; null before the first heartbeat */
  #checkedSeq: number | null = null
  /** from here on it is asked before that */
  #restoredSeq = 0
  readonly #startedAtMs: number
  #checkedAtMs: number
  #keptAtMs = 0
  /** the first poll does not wait: there is no freshness before its heartbeat */
  #waitSeconds = 0

  constructor(ports: FollowPorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
    this.#inStepAtMs = ports.clock.monotonicMs()
    this.#startedAtMs = this.#inStepAtMs
    this.#checkedAtMs = this.#inStepAtMs
  }

  /** Nothing that is signed can be read before the first join. */
  async untilKeysAreKnown(): Promise<void> {
    while (!this.#signal.aborted && this.#ports.keys().length === 0) await pause(JOIN_CHECK_MS, this.#signal)
  }

  /** What was fresh before a restart is as fresh as its heartbeat is young. */
  async restore(): Promise<void> {
    const last = await this.#ports.cache.readBeat()
    if (last === null) return
    this.#restoredSeq = Math.max(0, last.seq - (this.#ports.redis ? CHECKED_BACK : 0))
    await this.#beat(last.heartbeat, last.seq)
  }

  /** Retries what could not be applied, and listens to the heartbeat in Redis. */
  async tend(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#attempt('bundles', () => this.#ports.bundles.retryBehind())
      const { redis } = this.#ports
      if (redis?.isReady()) await this.#attempt('heartbeat', () => this.#readHeartbeat(redis.feed))
      await pause(BEAT_EVERY_MS, this.#signal)
    }
  }

  /** Has the control plane say what was taken from elsewhere because it had not answered. */
  async confirm(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#attempt('unconfirmed bundles', () => this.#ports.bundles.confirm())
      await pause(BEAT_EVERY_MS, this.#signal)
    }
  }

  /** Long polls, while there is no Redis to listen to; a look now and then, while there is. */
  async poll(): Promise<void> {
    while (!this.#signal.aborted) {
      const isNeeded = !this.#ports.redis?.isReady() || this.#isQuiet()
      const isDone = isNeeded && (await this.#attempt('changes', () => this.#pollOnce()))
      if (!isNeeded) await this.#check()
      if (!isDone) await pause(BEAT_EVERY_MS, this.#signal)
    }
  }

  #isQuiet(): boolean {
    const nowMs = this.#ports.clock.monotonicMs()
    return Math.min(nowMs - this.#startedAtMs, this.#ports.freshness.ageMs(nowMs)) > QUIET_MS
  }

  async #check(): Promise<void> {
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#checkedSeq === null || nowMs - this.#checkedAtMs < CHECK_EVERY_MS) return
    this.#checkedAtMs = nowMs
    await this.#attempt('changes', () => this.#checkFrom(this.#checkedSeq ?? 0))
  }

  async #checkFrom(after: number): Promise<void> {
    for (let from = after; !this.#signal.aborted;) {
      const { changes, seq } = await this.#ports.changes(from, 0, this.#signal)
      await this.#changed(changes)
      this.#checkedSeq = Math.max(from, seq)
      if (changes.length === 0 || seq <= from) return
      from = seq
    }
  }

  /** The stream from where it ends now on, and every bundle at hand once: nothing between the two is missed. */
  async readStream(feed: ChangeFeed): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#attempt('stream', async () => {
        const from = await feed.position()
        await this.#resync(feed)
        await feed.follow(
          from,
          async (step) => {
            if (step.kind === 'resync') return this.#resync(feed)
            await this.#ports.bundles.changed(step.change)
            this.#caughtUp(step.change.seq)
          },
          this.#signal,
        )
      })
      await pause(BEAT_EVERY_MS, this.#signal)
    }
  }

  /** The heartbeat is read first: it speaks of no change that the heads read after it could lack. */
  async #resync(feed: ChangeFeed): Promise<void> {
    const jws = await feed.heartbeat()
    await this.#ports.bundles.resync()
    if (jws === null) return
    const heartbeat = await openHeartbeat(jws, this.#ports.keys())
    if (isBundleFault(heartbeat)) return
    this.#checkedSeq ??= Math.max(0, heartbeat.seq - CHECKED_BACK)
    await this.#beat(jws, heartbeat.seq)
  }

  async #readHeartbeat(feed: ChangeFeed): Promise<void> {
    const jws = await feed.heartbeat()
    if (jws !== null) await this.#beat(jws, null)
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#after >= this.#promisedSeq) this.#inStepAtMs = nowMs
    if (nowMs - this.#inStepAtMs < OUT_OF_STEP_MS) return
    // The heartbeat speaks of a change that the stream does not bring.
    this.#inStepAtMs = nowMs
    await this.#resync(feed)
  }

  async #pollOnce(): Promise<void> {
    // From what it told itself: what Redis said of others may be a lie.
    const from = this.#checkedSeq ?? this.#restoredSeq
    const answer = await this.#ports.changes(from, this.#waitSeconds, this.#signal)
    // With Redis configured this is an interlude: it must not hang on when Redis is back.
    this.#waitSeconds = this.#ports.redis ? 2 : LONG_POLL_SECONDS
    await this.#changed(answer.changes)
    this.#checkedSeq = Math.max(from, answer.seq)
    await this.#beat(answer.heartbeat, answer.seq)
  }

  /** The newest of each tenant covers its older ones. */
  async #changed(changes: readonly BundleChange[]): Promise<void> {
    const newest = new Map(changes.map((change) => [change.tenant, change]))
    for (const change of newest.values()) await this.#ports.bundles.changed(change)
  }

  /** @param appliedSeq up to where everything is applied by now; null where this says nothing about it */
  async #beat(jws: string, appliedSeq: number | null): Promise<void> {
    const heartbeat = await openHeartbeat(jws, this.#ports.keys())
    if (isBundleFault(heartbeat)) return this.#refuse(heartbeat)
    const { clock, freshness } = this.#ports
    this.#promisedSeq = Math.max(this.#promisedSeq, heartbeat.seq)
    freshness.beat(heartbeat, { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() })
    if (appliedSeq !== null) this.#caughtUp(appliedSeq)
    if (this.#after >= heartbeat.seq) await this.#keepBeat({ heartbeat: jws, seq: heartbeat.seq })
  }

  #refuse(fault: BundleFault): void {
    if (fault.reason === 'key_unknown') this.#ports.askForKeys()
    this.#ports.report('a heartbeat was refused', fault)
  }

  #caughtUp(seq: number): void {
    this.#after = Math.max(this.#after, seq)
    this.#ports.freshness.caughtUp(seq)
  }

  async #keepBeat(beat: LastBeat): Promise<void> {
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#keptAtMs !== 0 && nowMs - this.#keptAtMs < KEPT_EVERY_MS) return
    this.#keptAtMs = nowMs
    // Freshness does not wait for a disk; without it, a restart knows less.
    await this.#attempt('heartbeat on disk', () => this.#ports.cache.writeBeat(beat))
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!this.#signal.aborted) this.#ports.report(what, error)
      return false
    }
  }
}
