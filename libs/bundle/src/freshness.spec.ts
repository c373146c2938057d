import { describe, expect, it } from '@jest/globals'
import type { Heartbeat } from '@writ/contracts'
import * as fc from 'fast-check'
import { createFreshness } from './freshness.ts'

const EPOCH = Date.parse('2026-11-20T10:00:00.000Z')
const LIMITS = { staleAfterMs: 60_000, skewMs: 5_000 }
const issuedAt = (atMs: number, seq: number): Heartbeat => ({
  format: 'writ.heartbeat.v1',
  issuedAt: new Date(EPOCH + atMs).toISOString(),
  seq,
})
/** Both clocks `atMs` after the start; the monotonic one began at some other zero. */
const at = (atMs: number) => ({ monotonicMs: 1_000 + atMs, wallMs: EPOCH + atMs })
const clock = (atMs: number): number => at(atMs).monotonicMs

describe('freshness', () => {
  it('is not there before the first heartbeat', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(100)
    expect(freshness.isFresh(clock(0))).toBe(false)
    expect(freshness.ageMs(clock(0))).toBe(Infinity)
  })

  it('lasts for its bound after a heartbeat whose changes are applied, and ends', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(3)
    expect(freshness.beat(issuedAt(0, 3), at(0))).toBeNull()
    expect(freshness.isFresh(clock(60_000))).toBe(true)
    expect(freshness.isFresh(clock(60_001))).toBe(false)
  })

  it('comes only once the changes that the heartbeat speaks of are applied', () => {
    const freshness = createFreshness(LIMITS)
    freshness.beat(issuedAt(0, 4), at(0))
    freshness.caughtUp(3)
    expect(freshness.isFresh(clock(1))).toBe(false)
    freshness.caughtUp(4)
    expect(freshness.isFresh(clock(1))).toBe(true)
  })

  it('counts from the heartbeat, not from the moment of catching up', () => {
    const freshness = createFreshness(LIMITS)
    freshness.beat(issuedAt(0, 4), at(0))
    freshness.caughtUp(4)
    expect(freshness.ageMs(clock(50_000))).toBe(50_000)
  })

  it('is kept up by steps that are always one change behind', () => {
    const freshness = createFreshness(LIMITS)
    for (let seq = 1; seq <= 100; seq += 1) {
      freshness.beat(issuedAt(seq * 5_000, seq), at(seq * 5_000))
      freshness.caughtUp(seq - 1)
      if (seq > 1) expect(freshness.ageMs(clock(seq * 5_000))).toBe(5_000)
    }
  })

  it('is not renewed by a heartbeat that was seen before', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(3)
    freshness.beat(issuedAt(0, 3), at(0))
    expect(freshness.beat(issuedAt(0, 3), at(40_000))).toMatchObject({ reason: 'replayed' })
    expect(freshness.isFresh(clock(60_001))).toBe(false)
  })

  it('is not renewed by an older heartbeat', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(3)
    freshness.beat(issuedAt(10_000, 3), at(10_000))
    expect(freshness.beat(issuedAt(5_000, 3), at(20_000))).toMatchObject({ reason: 'replayed' })
    expect(freshness.ageMs(clock(20_000))).toBe(10_000)
  })

  it('is not renewed by a heartbeat that takes the sequence back', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(9)
    freshness.beat(issuedAt(0, 9), at(0))
    expect(freshness.beat(issuedAt(5_000, 8), at(5_000))).toMatchObject({ reason: 'rolled_back' })
  })

  it('is not won by an old heartbeat after a restart', () => {
    const restarted = createFreshness(LIMITS)
    restarted.caughtUp(3)
    restarted.beat(issuedAt(-3_600_000, 3), at(0))
    expect(restarted.isFresh(clock(0))).toBe(false)
  })

  it('does not gain the time for which a heartbeat was held back', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(3)
    freshness.beat(issuedAt(0, 3), at(50_000))
    expect(freshness.ageMs(clock(50_000))).toBe(45_000)
    expect(freshness.isFresh(clock(65_001))).toBe(false)
  })

  it('takes a heartbeat from the future within the skew, and none beyond it', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(3)
    expect(freshness.beat(issuedAt(5_001, 3), at(0))).toMatchObject({ reason: 'future_dated' })
    expect(freshness.isFresh(clock(0))).toBe(false)
    expect(freshness.beat(issuedAt(5_000, 3), at(0))).toBeNull()
    expect(freshness.ageMs(clock(0))).toBe(0)
  })

  it('is not locked out by a refused heartbeat from the future', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(3)
    freshness.beat(issuedAt(999_999, 3), at(0))
    expect(freshness.beat(issuedAt(1, 3), at(1))).toBeNull()
  })

  it('does not follow the wall clock when that is set back', () => {
    const freshness = createFreshness(LIMITS)
    freshness.caughtUp(3)
    freshness.beat(issuedAt(0, 3), at(0))
    freshness.beat(issuedAt(1, 3), { monotonicMs: clock(70_000), wallMs: EPOCH })
    expect(freshness.isFresh(clock(70_000))).toBe(true)
    expect(freshness.isFresh(clock(130_001))).toBe(false)
  })

  it('never outlives the newest heartbeat by more than its bound, whatever arrives in whatever order', () => {
    const step = fc.record({
      afterMs: fc.nat(20_000),
      heldMs: fc.nat(100_000),
      seq: fc.nat(5),
      appliedSeq: fc.nat(5),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const freshness = createFreshness(LIMITS)
        let nowMs = 0
        let newestMs = -Infinity
        for (const { afterMs, heldMs, seq, appliedSeq } of steps) {
          nowMs += afterMs
          newestMs = Math.max(newestMs, nowMs - heldMs)
          freshness.beat(issuedAt(nowMs - heldMs, seq), at(nowMs))
          freshness.caughtUp(appliedSeq)
          const boundMs = newestMs + LIMITS.staleAfterMs + LIMITS.skewMs
          expect(freshness.isFresh(clock(boundMs + 1))).toBe(false)
        }
      }),
    )
  })
})

const HOUR = 3_600_000
const heard = (offMs: number, beats = 3) => {
  const freshness = createFreshness(LIMITS)
  for (let beat = 0; beat < beats; beat += 1)
    freshness.beat(issuedAt(beat * 5000, beat), { ...at(beat * 5000), wallMs: EPOCH + beat * 5000 + offMs })
  const nowMs = (beats - 1) * 5000
  return {
    isSuspect: (setByMs = 0) =>
      freshness.isClockSuspect({ monotonicMs: clock(nowMs), wallMs: EPOCH + nowMs + offMs + setByMs }),
  }
}

describe('the clock of this machine', () => {
  it.each<[string, number, number, boolean]>([
    ['is trusted when it agrees', 0, 0, false],
    ['is trusted within the skew', 4000, 0, false],
    ['is suspect an hour ahead', HOUR, 0, true],
    ['is suspect an hour behind', -HOUR, 0, true],
    ['is suspect when it was set forward since', 0, HOUR, true],
    ['is suspect when it was set back since', 0, -HOUR, true],
  ])('%s', (_, offMs, setByMs, isSuspect) => {
    expect(heard(offMs).isSuspect(setByMs)).toBe(isSuspect)
  })

  it('is not suspect before anything was heard, nor because of an old heartbeat from the disk', () => {
    expect(createFreshness(LIMITS).isClockSuspect(at(0))).toBe(false)
    expect(heard(HOUR, 1).isSuspect()).toBe(false)
  })
})
