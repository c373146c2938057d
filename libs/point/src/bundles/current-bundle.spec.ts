import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createFreshness } from '@writ/bundle'
import { isRefusal } from '@writ/contracts'
import type { Bundle, BundleAcknowledgement, ChangesAnswer } from '@writ/contracts'
import { until } from '../gate.fixture.ts'
import { pause } from '../pause.ts'
import { openBundleCache } from './bundle-cache.ts'
import { createLiveBundles } from './current-bundle.ts'
import type { BundlePorts } from './current-bundle.ts'
import { followChanges } from './follow.ts'
import { createRosters } from './rosters.ts'
import { FORGER, KEYS, sealedBeat, sealedBundle } from '../sample.fixture.ts'

const folders: string[] = []
const stops: AbortController[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** The fleet as one gateway sees it: what is published in Redis and at the control plane, and which of them is away. */
type Outside = {
  redis: Map<string, { version: number; jws: string }> | 'away' | 'none'
  control: Map<string, string> | 'away'
  /** parts of rosters, by their hashes, at the control plane */
  parts: Map<string, string>
  beats: { seq: number; atMs: number } | 'away'
  asked: string[]
  acknowledged: BundleAcknowledgement[]
  atMs: number
}

const outside = (): Outside => ({
  redis: 'none',
  control: new Map(),
  parts: new Map(),
  beats: 'away',
  asked: [],
  acknowledged: [],
  atMs: 1_800_000_000_000,
})

async function gateway(there: Outside, folder?: string, change: Partial<BundlePorts> = {}) {
  const path = folder ?? (await mkdtemp(join(tmpdir(), 'writ-bundles-')))
  folders.push(path)
  const cache = await openBundleCache(path)
  const freshness = createFreshness({ staleAfterMs: 10_000, skewMs: 0 })
  const monotonicMs = () => there.atMs - 1_700_000_000_000
  const bundles = createLiveBundles({
    head:
      there.redis === 'none'
        ? null
        : async (slug) => {
            there.asked.push(`redis ${slug}`)
            if (there.redis === 'away' || there.redis === 'none') throw new Error('away')
            return there.redis.get(slug) ?? null
          },
    fetch: async (slug) => {
      there.asked.push(`control ${slug}`)
      if (there.control === 'away') throw new Error('away')
      return there.control.get(slug) ?? null
    },
    cache,
    rosters: createRosters({
      fetch: async (slug, sha256) => {
        there.asked.push(`part of ${slug}`)
        const part = there.control === 'away' ? undefined : there.parts.get(sha256)
        if (part === undefined) throw new Error('away')
        return part
      },
      folder: path,
      report: () => {},
    }),
    keys: () => KEYS,
    askForKeys: () => there.asked.push('keys'),
    acknowledge: (acknowledgement) => there.acknowledged.push(acknowledgement),
    freshness,
    monotonicMs,
    outOfStepAfterMs: 4_000,
    staleAfterMs: 10_000,
    resident: 100,
    report: () => {},
    ...change,
  })
  const follow = () => {
    const stop = new AbortController()
    stops.push(stop)
    void followChanges(
      {
        bundles,
        freshness,
        cache,
        keys: () => KEYS,
        askForKeys: () => {},
        redis: null,
        changes: async (after, _wait, signal): Promise<ChangesAnswer> => {
          await pause(5, signal)
          if (there.beats === 'away') throw new Error('away')
          const { seq, atMs } = there.beats
          const changes = [...(there.control === 'away' ? [] : there.control)].map(([tenant]) => ({
            seq,
            tenant,
            version: seq,
          }))
          return { heartbeat: await sealedBeat(seq, atMs), changes: after < seq ? changes : [], seq }
        },
        clock: { monotonicMs, wallMs: () => there.atMs },
        report: () => {},
      },
      stop.signal,
    )
    return stop
  }
  const versionOf = async (slug: string): Promise<number | string> => {
    const current = await bundles.current(slug)
    return isRefusal(current) ? current.code : current.bundle.version
  }
  const isFresh = async (slug: string): Promise<boolean> => {
    const current = await bundles.current(slug)
    return !isRefusal(current) && current.isFresh()
  }
  const isInStep = async (slug: string): Promise<boolean> => {
    const current = await bundles.current(slug)
    return !isRefusal(current) && current.isInStep()
  }
  return { bundles, versionOf, isFresh, isInStep, follow, path, cache, freshness }
}

describe('the bundle of a tenant', () => {
  it('is loaded once however many calls ask at the same moment', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    const { versionOf } = await gateway(there)
    expect(await Promise.all([versionOf('acme'), versionOf('acme'), versionOf('acme')])).toEqual([3, 3, 3])
    expect(there.asked).toEqual(['control acme'])
    expect(there.acknowledged).toEqual([{ tenant: 'acme', version: 3, outcome: 'applied', detail: '' }])
  })

  it('is the newest also where a change is announced while an older one is on its way', async () => {
    const there = outside()
    const jws = new Map([1, 2].map((version) => [version, sealedBundle('acme', version)]))
    const { bundles, versionOf, cache } = await gateway(there, undefined, {
      fetch: async () => {
        const version = there.asked.push('asked') === 1 ? 1 : 2
        if (version === 1) await bundles.changed({ tenant: 'acme', version: 2, seq: 2 })
        return (await jws.get(version)) ?? null
      },
    })
    expect(await versionOf('acme')).toBe(2)
    expect(await cache.read('acme')).toMatchObject({ version: 2, announced: 2 })
  })

  it('is not forgotten to be announced by what an older one is kept with', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 1)]])
    const first = await gateway(there)
    await first.versionOf('acme')
    const second = await gateway(there, first.path, {
      fetch: async () => {
        if (there.asked.push('again') === 2)
          await second.bundles.changed({ tenant: 'acme', version: 2, seq: 2 })
        return sealedBundle('acme', 1)
      },
    })
    await second.versionOf('acme')
    expect(await second.cache.read('acme')).toMatchObject({ version: 1, announced: 2 })
    there.control = 'away'
    const third = await gateway(there, first.path)
    expect(await third.versionOf('acme')).toBe('policy_unavailable')
  })

  it('comes from the control plane, and from Redis where that is away', async () => {
    const there = outside()
    there.redis = new Map([['acme', { version: 4, jws: await sealedBundle('acme', 4) }]])
    there.control = new Map([['other', await sealedBundle('other', 2)]])
    const { versionOf } = await gateway(there)
    expect([await versionOf('acme'), await versionOf('other')]).toEqual(['tenant_unknown', 2])
    there.control = 'away'
    const again = await gateway(there)
    expect([await again.versionOf('acme'), await again.versionOf('other')]).toEqual([4, 'policy_unavailable'])
  })

  it('is not an older one that somebody keeps in Redis, of which a point without a disk knows nothing', async () => {
    const there = outside()
    there.redis = new Map([['acme', { version: 4, jws: await sealedBundle('acme', 4) }]])
    there.control = new Map([['acme', await sealedBundle('acme', 5)]])
    expect(await (await gateway(there)).versionOf('acme')).toBe(5)
  })

  it('is not an older one that somebody gives in the name of the control plane, where Redis has a newer one', async () => {
    const there = outside()
    there.redis = new Map([['acme', { version: 5, jws: await sealedBundle('acme', 5) }]])
    there.control = new Map([['acme', await sealedBundle('acme', 4)]])
    expect(await (await gateway(there)).versionOf('acme')).toBe(5)
  })

  it('comes from Redis a second later where the control plane says nothing, then at once, until that speaks again', async () => {
    const there = outside()
    const [older, newer] = [await sealedBundle('acme', 4), await sealedBundle('acme', 5)]
    there.redis = new Map([['acme', { version: 4, jws: older }]])
    there.redis.set('other', { version: 1, jws: await sealedBundle('other', 1) })
    let isSilent = true
    const fetch = (slug: string): Promise<string | null> =>
      isSilent ? new Promise(() => {}) : Promise.resolve(slug === 'acme' ? newer : null)
    const { bundles, versionOf } = await gateway(there, undefined, { fetch })
    const startedAtMs = performance.now()
    expect(await versionOf('acme')).toBe(4)
    const firstMs = performance.now() - startedAtMs
    expect(await versionOf('other')).toBe(1)
    expect([firstMs < 3000, performance.now() - startedAtMs - firstMs < 500]).toEqual([true, true])
    isSilent = false
    await bundles.confirm()
    expect([await versionOf('acme'), await versionOf('other')]).toEqual([5, 'tenant_unknown'])
  })

  it('is asked for again until the control plane said what it is', async () => {
    const there = outside()
    there.redis = new Map([['acme', { version: 4, jws: await sealedBundle('acme', 4) }]])
    there.control = 'away'
    const { bundles, versionOf } = await gateway(there)
    expect(await versionOf('acme')).toBe(4)
    await expect(bundles.confirm()).rejects.toThrow('away')
    there.control = new Map([['acme', await sealedBundle('acme', 4)]])
    await bundles.confirm()
    there.asked = []
    await bundles.confirm()
    expect(there.asked).toEqual([])
  })

  it('is not one in Redis of which it is known that there is a newer one', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    there.redis = new Map([['acme', { version: 3, jws: await sealedBundle('acme', 3) }]])
    const { versionOf, path } = await gateway(there)
    expect(await versionOf('acme')).toBe(3)
    const other = await gateway(there, path)
    await other.bundles.changed({ seq: 1, tenant: 'acme', version: 4 })
    there.control = 'away'
    expect(await (await gateway(there, path)).versionOf('acme')).toBe('policy_unavailable')
  })

  it('is remembered to be absent for two seconds', async () => {
    const there = outside()
    const { versionOf } = await gateway(there)
    expect([await versionOf('nobody'), await versionOf('nobody')]).toEqual([
      'tenant_unknown',
      'tenant_unknown',
    ])
    expect(there.asked).toEqual(['control nobody'])
    there.atMs += 2001
    there.control = new Map([['nobody', await sealedBundle('nobody', 1)]])
    expect(await versionOf('nobody')).toBe(1)
  })

  it('is unavailable, not unknown, where nobody can be asked', async () => {
    const there = outside()
    there.redis = 'away'
    there.control = 'away'
    expect(await (await gateway(there)).versionOf('acme')).toBe('policy_unavailable')
  })

  it.each<[string, () => Promise<string>]>([
    ['was signed by somebody else', () => sealedBundle('acme', 9, FORGER)],
    ['is of another tenant', () => sealedBundle('other', 9)],
    ['is no bundle', () => Promise.resolve('a.b.c')],
  ])('is not replaced by one that %s', async (_, forged) => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    const { versionOf, bundles } = await gateway(there)
    expect(await versionOf('acme')).toBe(3)
    there.control = new Map([['acme', await forged()]])
    await bundles.changed({ seq: 1, tenant: 'acme', version: 9 })
    expect(await versionOf('acme')).toBe(3)
    expect(there.acknowledged.at(-1)).toMatchObject({ outcome: 'refused' })
  })

  it('never goes back to a lower version, from Redis or from the control plane', async () => {
    const there = outside()
    const [older, newer] = [await sealedBundle('acme', 4), await sealedBundle('acme', 5)]
    there.redis = new Map([['acme', { version: 5, jws: newer }]])
    there.control = 'away'
    const { versionOf, bundles } = await gateway(there)
    expect(await versionOf('acme')).toBe(5)
    there.redis = new Map([['acme', { version: 4, jws: older }]])
    there.control = new Map([['acme', older]])
    await bundles.resync()
    expect(await versionOf('acme')).toBe(5)
  })

  it('never goes back over a restart either, whatever the head in Redis claims', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 5)]])
    const { versionOf, path } = await gateway(there)
    expect(await versionOf('acme')).toBe(5)
    there.redis = new Map([['acme', { version: 6, jws: await sealedBundle('acme', 4) }]])
    there.control = new Map([['acme', await sealedBundle('acme', 4)]])
    const again = await gateway(there, path)
    expect(await again.versionOf('acme')).toBe(5)
  })

  it('is looked for at the control plane when the head in Redis does not hold', async () => {
    const there = outside()
    there.redis = new Map([['acme', { version: 9, jws: await sealedBundle('acme', 9, FORGER) }]])
    there.control = new Map([['acme', await sealedBundle('acme', 2)]])
    expect(await (await gateway(there)).versionOf('acme')).toBe(2)
  })

  it('is swapped whole: a call keeps the one that it began with', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 1)]])
    const { bundles, versionOf } = await gateway(there)
    const before = await bundles.current('acme')
    there.control = new Map([['acme', await sealedBundle('acme', 2)]])
    await bundles.changed({ seq: 1, tenant: 'acme', version: 2 })
    expect(await versionOf('acme')).toBe(2)
    expect(!isRefusal(before) && before.bundle.version).toBe(1)
  })

  it('makes room for others and is loaded again', async () => {
    const there = outside()
    there.control = new Map(
      await Promise.all(['a', 'b', 'c'].map(async (slug) => [slug, await sealedBundle(slug, 1)] as const)),
    )
    const { versionOf, bundles } = await gateway(there, undefined, { resident: 2 })
    for (const slug of ['a', 'b', 'c', 'a']) expect(await versionOf(slug)).toBe(1)
    expect(bundles.versions().map(({ slug }) => slug)).toEqual(['c', 'a'])
  })
})

const full = async (): Promise<never> => {
  throw new Error('no space left')
}

describe('a disk that does not take the heartbeat', () => {
  it('does not end what keeps the bundles current', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 1)]])
    const { bundles, freshness, cache, isFresh } = await gateway(there)
    const stop = new AbortController()
    stops.push(stop)
    const reported: string[] = []
    const following = followChanges(
      {
        bundles,
        freshness,
        cache: {
          ...cache,
          readBeat: async () => ({ heartbeat: await sealedBeat(1, there.atMs), seq: 1 }),
          writeBeat: full,
        },
        keys: () => KEYS,
        askForKeys: () => {},
        redis: null,
        changes: full,
        clock: { monotonicMs: () => there.atMs - 1_700_000_000_000, wallMs: () => there.atMs },
        report: (problem) => reported.push(problem),
      },
      stop.signal,
    )
    await until(() => reported.includes('changes'))
    expect(reported[0]).toBe('heartbeat on disk')
    expect(await isFresh('acme')).toBe(true)
    stop.abort()
    await following
  })
})

describe('a gateway that restarts while control plane and Redis are away', () => {
  it('serves from its disk, as fresh as the last heartbeat is young', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    there.beats = { seq: 3, atMs: there.atMs }
    const first = await gateway(there)
    const stop = first.follow()
    await until(() => first.isFresh('acme'))
    await until(async () => (await first.cache.readBeat()) !== null)
    stop.abort()

    there.control = 'away'
    there.beats = 'away'
    there.redis = 'away'
    there.atMs += 6000
    const again = await gateway(there, first.path)
    again.follow()
    await until(() => again.isFresh('acme'))
    expect(await again.versionOf('acme')).toBe(3)
    there.atMs += 5000
    expect(await again.isFresh('acme')).toBe(false)
  })

  it('does not serve a bundle that was known to be outdated', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    const { versionOf, path } = await gateway(there)
    expect(await versionOf('acme')).toBe(3)
    const other = await gateway(there, path)
    await other.bundles.changed({ seq: 1, tenant: 'acme', version: 4 })
    there.control = 'away'
    const again = await gateway(there, path)
    expect(await again.versionOf('acme')).toBe('policy_unavailable')
  })
})

describe('freshness', () => {
  it('lasts for as long as the bundle itself says, where that counts', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    there.beats = { seq: 3, atMs: there.atMs }
    const bound = { staleAfterMsOf: ({ version }: Bundle) => version * 20_000 }
    const { isFresh, follow } = await gateway(there, undefined, bound)
    const stop = follow()
    await until(() => isFresh('acme'))
    stop.abort()
    there.atMs += 59_000
    expect(await isFresh('acme')).toBe(true)
    there.atMs += 2_000
    expect(await isFresh('acme')).toBe(false)
  })

  it('is not there before the first heartbeat and ends with the stale bound', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    const { isFresh, follow } = await gateway(there)
    expect(await isFresh('acme')).toBe(false)
    there.beats = { seq: 3, atMs: there.atMs }
    follow()
    await until(() => isFresh('acme'))
    there.beats = 'away'
    there.atMs += 10_001
    expect(await isFresh('acme')).toBe(false)
  })

  it('is lost for what changes something before it is lost for what reads', async () => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    const { isFresh, isInStep, follow } = await gateway(there)
    expect(await isInStep('acme')).toBe(false)
    there.beats = { seq: 3, atMs: there.atMs }
    follow()
    await until(() => isInStep('acme'))
    there.beats = 'away'
    there.atMs += 4_001
    expect([await isInStep('acme'), await isFresh('acme')]).toEqual([false, true])
  })

  it.each([
    ['behind', -3_600_000],
    ['ahead', 3_600_000],
  ])('is not to be had by a gateway whose clock is an hour %s', async (_where, offMs) => {
    const there = outside()
    there.control = new Map([['acme', await sealedBundle('acme', 3)]])
    const { isFresh, versionOf, follow, freshness } = await gateway(there)
    there.beats = { seq: 3, atMs: there.atMs - offMs }
    follow()
    expect(await versionOf('acme')).toBe(3)
    await pause(60, new AbortController().signal)
    expect(await isFresh('acme')).toBe(false)
    expect(freshness.ageMs(there.atMs - 1_700_000_000_000)).toBeGreaterThan(300_000)
  })

  it('ends for the one tenant whose announced bundle cannot be applied, and for no other', async () => {
    const there = outside()
    there.control = new Map([
      ['acme', await sealedBundle('acme', 3)],
      ['other', await sealedBundle('other', 3)],
    ])
    there.beats = { seq: 3, atMs: there.atMs }
    const { isFresh, follow, bundles } = await gateway(there)
    follow()
    await until(async () => (await isFresh('acme')) && (await isFresh('other')))
    there.control.set('acme', await sealedBundle('acme', 4, FORGER))
    await bundles.changed({ seq: 4, tenant: 'acme', version: 4 })
    there.atMs += 10_001
    there.beats = { seq: 4, atMs: there.atMs }
    there.control.delete('other')
    await until(() => isFresh('other'))
    expect(await isFresh('acme')).toBe(false)
  })

  it('counts from the moment at which a newer one was heard of, also when one in between comes', async () => {
    const there = outside()
    there.redis = new Map([['acme', { version: 5, jws: await sealedBundle('acme', 5) }]])
    there.control = new Map([['acme', await sealedBundle('acme', 5)]])
    there.beats = { seq: 5, atMs: there.atMs }
    const { isFresh, versionOf, follow, bundles } = await gateway(there)
    follow()
    await until(() => isFresh('acme'))
    there.control = 'away'
    await bundles.changed({ seq: 7, tenant: 'acme', version: 7 })
    there.atMs += 8_000
    there.redis = new Map([['acme', { version: 6, jws: await sealedBundle('acme', 6) }]])
    await bundles.retryBehind()
    expect(await versionOf('acme')).toBe(6)
    there.atMs += 4_000
    there.beats = { seq: 5, atMs: there.atMs }
    await pause(100, new AbortController().signal)
    expect(await isFresh('acme')).toBe(false)
  })

  it('is not to be had for long of what Redis alone says to a point that cannot ask the control plane', async () => {
    const there = outside()
    there.redis = new Map([['acme', { version: 4, jws: await sealedBundle('acme', 4) }]])
    there.control = 'away'
    there.beats = { seq: 4, atMs: there.atMs }
    const { isFresh, isInStep, follow, freshness } = await gateway(there)
    follow()
    await until(() => isInStep('acme'))
    const later = async (ms: number) => {
      there.atMs += ms
      there.beats = { seq: 4, atMs: there.atMs }
      await until(() => freshness.ageMs(there.atMs - 1_700_000_000_000) === 0)
      return [await isInStep('acme'), await isFresh('acme')]
    }
    expect([await later(4_001), await later(6_000)]).toEqual([
      [false, true],
      [false, false],
    ])
    there.control = new Map([['acme', await sealedBundle('acme', 4)]])
    await until(() => isInStep('acme'))
  })
})
