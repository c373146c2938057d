import type { Heartbeat } from '@writ/contracts'
import { BundleFault } from './bundle-fault.ts'

/**
 * @property staleAfterMs how long after a heartbeat the bundles at hand still count as fresh
 * @property skewMs how far the clocks of control plane and gateway may differ; 30 s unless told
 */
export type FreshnessLimits = { readonly staleAfterMs: number; readonly skewMs?: number }

/** The same instant on two clocks: the monotonic one measures, the wall clock is only compared with `issuedAt`. */
export type Instant = { readonly monotonicMs: number; readonly wallMs: number }

export type Freshness = {
  /** Takes a verified heartbeat. A fault means that it changes nothing: it is no newer than one seen, or from the future. */
  readonly beat: (heartbeat: Heartbeat, now: Instant) => BundleFault | null
  /** Says that every change up to `seq` is applied; never goes back. */
  readonly caughtUp: (seq: number) => void
  /** True while the newest heartbeat whose changes are all applied is young enough. */
  readonly isFresh: (monotonicMs: number) => boolean
  /** Age of that heartbeat in milliseconds; infinite before the first. */
  readonly ageMs: (monotonicMs: number) => number
  /** True while the wall clock is far from that of the control plane, or was set since the newest heartbeat; false before the first. */
  readonly isClockSuspect: (now: Instant) => boolean
}

/** A heartbeat that waits for its changes: what the monotonic clock read when it was issued. */
type Beat = { readonly seq: number; readonly issuedMonotonicMs: number }

const DEFAULT_SKEW_MS = 30_000

/**
 * How far the bundles at hand may lag behind the control plane (the "timestamp" role of TUF). A heartbeat counts from
 * the time at which it was issued, so one that was held back does not hide the time that it was held.
 */
export function createFreshness({ staleAfterMs, skewMs = DEFAULT_SKEW_MS }: FreshnessLimits): Freshness {
  let newest = { issuedAtMs: -Infinity, seq: 0 }
  let waiting: readonly Beat[] = []
  let appliedSeq = -1
  let provenMonotonicMs = -Infinity
  let heard: Heard = NEVER_HEARD

  const settle = (): void => {
    for (const beat of waiting.filter(({ seq }) => seq <= appliedSeq))
      provenMonotonicMs = Math.max(provenMonotonicMs, beat.issuedMonotonicMs)
    waiting = waiting.filter(({ seq }) => seq > appliedSeq)
  }

  return {
    beat: (heartbeat, now) => {
      const issuedAtMs = Date.parse(heartbeat.issuedAt)
      // Also one that is refused because it seems to be of the future.
      if (issuedAtMs > heard.issuedAtMs) heard = { ...now, issuedAtMs, count: heard.count + 1 }
      const fault = beatFault(heartbeat, issuedAtMs, newest) ?? futureFault(issuedAtMs, now.wallMs + skewMs)
      if (fault !== null) return fault
      newest = { issuedAtMs, seq: heartbeat.seq }
      const heldMs = Math.max(0, now.wallMs - issuedAtMs - skewMs)
      const beat = { seq: heartbeat.seq, issuedMonotonicMs: now.monotonicMs - heldMs }
      const oldest = now.monotonicMs - staleAfterMs
      waiting = [...waiting.filter((other) => isNeeded(other, beat, oldest)), beat]
      settle()
      return null
    },
    caughtUp: (seq) => {
      appliedSeq = Math.max(appliedSeq, seq)
      settle()
    },
    isFresh: (monotonicMs) => monotonicMs - provenMonotonicMs <= staleAfterMs,
    ageMs: (monotonicMs) => monotonicMs - provenMonotonicMs,
    isClockSuspect: ({ monotonicMs, wallMs }) => {
      if (heard.count === 0) return false
      const setByMs = wallMs - heard.wallMs - (monotonicMs - heard.monotonicMs)
      const aheadMs = heard.wallMs - heard.issuedAtMs
      // Those from the disk, or from a Redis that nobody writes to any more, are old whatever the clock says.
      const isTimely = heard.count >= TIMELY_FROM
      return Math.abs(setByMs) > skewMs || -aheadMs > skewMs || (isTimely && aheadMs > skewMs)
    },
  }
}

/** The newest heartbeat, and when it came; `count`: how many newer ones have come one after the other. */
type Heard = Instant & { readonly issuedAtMs: number; readonly count: number }

const NEVER_HEARD: Heard = { monotonicMs: 0, wallMs: 0, issuedAtMs: -Infinity, count: 0 }
const TIMELY_FROM = 3

function beatFault(
  heartbeat: Heartbeat,
  issuedAtMs: number,
  newest: { readonly issuedAtMs: number; readonly seq: number },
): BundleFault | null {
  if (issuedAtMs <= newest.issuedAtMs) return new BundleFault('replayed', 'a newer heartbeat was seen before')
  if (heartbeat.seq < newest.seq)
    return new BundleFault('rolled_back', `sequence ${heartbeat.seq} is older than ${newest.seq}`)
  return null
}

const futureFault = (issuedAtMs: number, latestMs: number): BundleFault | null =>
  issuedAtMs > latestMs ? new BundleFault('future_dated', 'the heartbeat is dated in the future') : null

/** Neither outdone by a newer heartbeat that asks for no more, nor too old to make anything fresh. */
const isNeeded = (other: Beat, newer: Beat, oldestMonotonicMs: number): boolean =>
  other.seq !== newer.seq && other.issuedMonotonicMs >= oldestMonotonicMs
