import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import { replayGuardSuite } from './replay-guard.suite.ts'

replayGuardSuite('the replay guard in memory', () => {
  let nowMs = 1_790_000_000_000
  const waitMs = (ms: number) => {
    nowMs += ms
    return Promise.resolve()
  }
  return Promise.resolve({ guard: createMemoryReplayGuard(() => nowMs), nowMs: () => nowMs, waitMs })
})

describe('a full replay guard', () => {
  it('takes nothing new rather than forget what still counts', async () => {
    const guard = createMemoryReplayGuard(() => 1_000, 2)
    await guard.firstSeen('a', 50_000)
    await guard.firstSeen('b', 50_000)
    expect(await guard.firstSeen('c', 50_000)).toBe('unavailable')
    expect(await guard.firstSeen('a', 50_000)).toBe('seen')
  })

  it('has room again when keys have run out', async () => {
    let nowMs = 1_000
    const guard = createMemoryReplayGuard(() => nowMs, 2)
    await guard.firstSeen('a', 5_000)
    await guard.firstSeen('b', 25_000)
    nowMs = 15_000
    expect(await guard.firstSeen('b', 25_000)).toBe('seen')
    expect(await guard.firstSeen('c', 25_000)).toBe('first')
    expect(await guard.firstSeen('d', 25_000)).toBe('unavailable')
    nowMs = 30_001
    expect(await guard.firstSeen('d', 50_000)).toBe('first')
    expect(await guard.firstSeen('e', 50_000)).toBe('first')
  })
})

describe('the replay guard in memory', () => {
  it('agrees with a list that never forgets', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      lifeMs: fc.nat(70_000),
      waitMs: fc.nat(25_000),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let nowMs = 1_790_000_000_000
        const guard = createMemoryReplayGuard(() => nowMs)
        const until = new Map<string, number>()
        for (const { key, lifeMs, waitMs } of steps) {
          const isKnown = (until.get(key) ?? 0) > nowMs
          if (!isKnown) until.set(key, nowMs + lifeMs)
          expect(await guard.firstSeen(key, nowMs + lifeMs)).toBe(isKnown ? 'seen' : 'first')
          nowMs += waitMs
        }
      }),
    )
  })
})
