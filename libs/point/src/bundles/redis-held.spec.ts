import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createFreshness } from '@writ/bundle'
import { isRefusal } from '@writ/contracts'
import type { ChangesAnswer } from '@writ/contracts'
import { until } from '../gate.fixture.ts'
import { pause } from '../pause.ts'
import { FORGER, KEYS, sealedBeat, sealedBundle } from '../sample.fixture.ts'
import { openBundleCache } from './bundle-cache.ts'
import { createLiveBundles } from './current-bundle.ts'
import { followChanges } from './follow.ts'
import type { FeedStep } from './follow.ts'
import { createRosters } from './rosters.ts'

// Whoever writes into Redis can hold back what is published there, and cannot sign. The control plane has version 2 from the second heartbeat on.

type Held = {
  head: { version: number; jws: string }
  isControlPlaneAway: boolean
  isRedisAway: boolean
  /** what Redis says of the heartbeat, since nobody can write into it any more */
  beatOfBefore: string | null
  steps: FeedStep[]
  seq: number
  atMs: number
}

const SECOND = 2
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function given(staleAfterMs = 10_000) {
  const folder = await mkdtemp(join(tmpdir(), 'writ-held-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const [older, newer] = [await sealedBundle('acme', 1), await sealedBundle('acme', SECOND)]
  const held: Held = {
    head: { version: 1, jws: older },
    isControlPlaneAway: false,
    isRedisAway: false,
    beatOfBefore: null,
    steps: [],
    seq: 1,
    atMs: 1_800_000_000_000,
  }
  const asked = async <Answer>(answer: Answer): Promise<Answer> => {
    if (held.isControlPlaneAway) throw new Error('away')
    return answer
  }
  const cache = await openBundleCache(folder)
  const freshness = createFreshness({ staleAfterMs, skewMs: 0 })
  const monotonicMs = () => held.atMs - 1_700_000_000_000
  const bundles = createLiveBundles({
    head: async () => held.head,
    fetch: () => asked(held.seq < SECOND ? older : newer),
    cache,
    rosters: createRosters({ fetch: () => asked(''), folder, report: () => {} }),
    keys: () => KEYS,
    askForKeys: () => {},
    acknowledge: () => {},
    freshness,
    monotonicMs,
    outOfStepAfterMs: 4_000,
    staleAfterMs,
    resident: 100,
    report: () => {},
  })
  const changes = async (after: number): Promise<ChangesAnswer> =>
    asked({
      heartbeat: await sealedBeat(held.seq, held.atMs),
      changes: after < held.seq ? [{ seq: held.seq, tenant: 'acme', version: held.seq }] : [],
      seq: held.seq,
    })
  const feed = {
    heartbeat: async () => held.beatOfBefore ?? sealedBeat(held.seq, held.atMs),
    position: async () => '0-0',
    follow: async (_: string, onStep: (step: FeedStep) => Promise<void> | void, signal: AbortSignal) => {
      while (!signal.aborted) {
        for (const step of held.steps.splice(0)) await onStep(step)
        await pause(10, signal)
      }
    },
  }
  const stop = new AbortController()
  const following = followChanges(
    {
      bundles,
      freshness,
      cache,
      keys: () => KEYS,
      askForKeys: () => {},
      redis: { isReady: () => !held.isRedisAway, feed },
      changes,
      clock: { monotonicMs, wallMs: () => held.atMs },
      report: () => {},
    },
    stop.signal,
  )
  cleanups.push(async () => {
    stop.abort()
    await following
  })
  const version = async () => {
    const current = await bundles.current('acme')
    return isRefusal(current) ? current.code : current.bundle.version
  }
  const isFresh = () => freshness.isFresh(monotonicMs())
  expect(await version()).toBe(1)
  await until(isFresh)
  return { held, older, version, isFresh, cache }
}

/** Some seconds of the control plane's heartbeats, of which a point hears one a second. */
async function goOn({ held }: { held: Held }, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 4) {
    held.atMs += 4000
    await pause(1100, new AbortController().signal)
  }
}

describe('a change that a holder of Redis keeps back', () => {
  it.each<[string, (held: Held, older: string) => Promise<void> | void]>([
    [
      'by a head that claims to be newer, so that none is published over it',
      (held, older) => void (held.head = { version: 999_999, jws: older }),
    ],
    [
      'by a head that nobody signed',
      async (held) => void (held.head = { version: 999_999, jws: await sealedBundle('acme', 9, FORGER) }),
    ],
    [
      'by saying in the stream that much more was heard',
      (held) =>
        void held.steps.push({ kind: 'changed', change: { seq: 1e9, tenant: 'another', version: 1 } }),
    ],
  ])(
    'is obeyed all the same: %s',
    async (_, hold) => {
      const point = await given()
      await hold(point.held, point.older)
      point.held.seq = SECOND
      await goOn(point, 40)
      expect([await point.version(), point.isFresh()]).toEqual([SECOND, true])
    },
    40_000,
  )

  it('is no policy that counts as fresh where the control plane is away', async () => {
    const point = await given()
    Object.assign(point.held, { head: { version: 999_999, jws: point.older }, isControlPlaneAway: true })
    point.held.seq = SECOND
    await goOn(point, 24)
    expect([await point.version(), point.isFresh()]).toEqual([1, false])
  }, 40_000)
})

describe('a holder of Redis who says in the stream that much more was heard', () => {
  it('keeps nothing back by being away then, nor over a restart', async () => {
    const point = await given()
    point.held.steps.push({ kind: 'changed', change: { seq: 1e9, tenant: 'another', version: 1 } })
    await goOn(point, 4)
    await until(async () => (await point.cache.readBeat())?.seq === 1)
    Object.assign(point.held, { isRedisAway: true, seq: SECOND })
    await goOn(point, 8)
    expect([await point.version(), point.isFresh()]).toEqual([SECOND, true])
  }, 40_000)
})

describe('a Redis that is at hand and takes no heartbeat any more', () => {
  it('ends nothing: the control plane is asked', async () => {
    const point = await given(30_000)
    Object.assign(point.held, { beatOfBefore: await sealedBeat(1, point.held.atMs), seq: SECOND })
    await goOn(point, 60)
    expect([await point.version(), point.isFresh()]).toEqual([SECOND, true])
  }, 40_000)
})
