import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createFreshness, isBundleFault, sealBundle } from '@writ/bundle'
import type { BundleFault } from '@writ/bundle'
import { isRefusal } from '@writ/contracts'
import type { Bundle, BundleHuman } from '@writ/contracts'
import { bundleOf, KEYS, SIGNER } from '../sample.fixture.ts'
import { openBundleCache } from './bundle-cache.ts'
import { createLiveBundles } from './current-bundle.ts'
import { createRosters } from './rosters.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'writ-rosters-'))
  folders.push(folder)
  return folder
}

const human = (mark: string, name: string): BundleHuman => ({
  id: `hum_${mark.repeat(26)}`,
  name,
  groups: [],
  epoch: 0,
})
const ADA = human('A', 'Ada')
const EVE = human('E', 'Eve')
const partOf = (...humans: BundleHuman[]): string =>
  JSON.stringify({ format: 'writ.roster.v1', agents: [], humans })
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The control plane: parts by their hashes, and what was asked for. */
const outside = (...texts: string[]) => ({
  parts: new Map(texts.map((text) => [sha256(text), text])),
  asked: [] as string[],
})
type Outside = ReturnType<typeof outside>

const rosters = (there: Outside, folder: string) =>
  createRosters({
    fetch: async (slug, name) => {
      there.asked.push(name)
      const part = there.parts.get(name)
      if (slug !== 'acme' || part === undefined) throw new Error('there is no such part')
      return part
    },
    folder,
    report: () => {},
  })

const naming = (version: number, ...texts: string[]): Bundle =>
  bundleOf('acme', version, { roster: { parts: texts.map(sha256) } })
const namesIn = (bundle: Bundle | BundleFault): string[] | string =>
  isBundleFault(bundle) ? bundle.reason : bundle.humans.map(({ name }) => name)

describe('the roster of a tenant', () => {
  it('is read part by part, and again only where a part is another one', async () => {
    const [ada, eve, renamed] = [partOf(ADA), partOf(EVE), partOf({ ...EVE, name: 'Eva' })]
    const there = outside(ada, eve, renamed)
    const at = rosters(there, await newFolder())
    expect(namesIn(await at.complete('acme', naming(1, ada, eve)))).toEqual(['Ada', 'Eve'])
    expect(namesIn(await at.complete('acme', naming(2, ada, renamed)))).toEqual(['Ada', 'Eva'])
    expect(there.asked).toEqual([ada, eve, renamed].map(sha256))
  })

  it('comes from the disk after a restart without the control plane', async () => {
    const [ada, folder] = [partOf(ADA), await newFolder()]
    await rosters(outside(ada), folder).complete('acme', naming(1, ada))
    const away = outside()
    expect(namesIn(await rosters(away, folder).complete('acme', naming(1, ada)))).toEqual(['Ada'])
    expect(away.asked).toEqual([])
  })

  it('is fetched anew where the disk holds something else under the name of a part', async () => {
    const [ada, folder] = [partOf(ADA), await newFolder()]
    await rosters(outside(ada), folder).complete('acme', naming(1, ada))
    await writeFile(join(folder, 'acme', `${sha256(ada)}.json`), partOf({ ...ADA, epoch: 9 }))
    const there = outside(ada)
    const bundle = await rosters(there, folder).complete('acme', naming(1, ada))
    expect(!isBundleFault(bundle) && bundle.humans[0]?.epoch).toBe(0)
    expect(there.asked).toEqual([sha256(ada)])
  })

  it.each<[string, (there: Outside, name: string) => void, string]>([
    ['a part that is nowhere to be had', (there, name) => there.parts.delete(name), 'incomplete'],
    ['a part that was exchanged', (there, name) => there.parts.set(name, partOf(EVE)), 'forked'],
    ['a part that names nobody any more', (there, name) => there.parts.set(name, partOf()), 'forked'],
  ])('is a fault with %s', async (_, change, reason) => {
    const [ada, eve] = [partOf(ADA), partOf(EVE)]
    const there = outside(ada, eve)
    change(there, sha256(ada))
    const at = rosters(there, await newFolder())
    expect(namesIn(await at.complete('acme', naming(1, eve, ada)))).toBe(reason)
  })

  it('forgets on disk whoever stands in it no more', async () => {
    const [before, after, folder] = [partOf(ADA, EVE), partOf(EVE), await newFolder()]
    const at = rosters(outside(before, after), folder)
    for (const bundle of [naming(1, before), naming(2, after)]) {
      await at.complete('acme', bundle)
      await at.settle('acme', bundle)
    }
    const kept = await readdir(join(folder, 'acme'))
    expect(kept).toEqual([`${sha256(after)}.json`])
    const texts = await Promise.all(kept.map((name) => readFile(join(folder, 'acme', name), 'utf8')))
    expect(texts.join()).not.toContain('Ada')
    await at.settle('acme', bundleOf('acme', 3))
    expect(await readdir(join(folder, 'acme'))).toEqual([])
  })

  it('keeps the parts of a newer bundle when an older one is settled late', async () => {
    const [before, after, folder] = [partOf(ADA), partOf(EVE), await newFolder()]
    const at = rosters(outside(before, after), folder)
    await at.complete('acme', naming(1, before))
    await at.complete('acme', naming(2, after))
    await at.settle('acme', naming(1, before))
    expect(await readdir(join(folder, 'acme'))).toContain(`${sha256(after)}.json`)
  })

  it('keeps them also when the newer one begins while the older one is settled', async () => {
    const [before, after, folder] = [partOf(ADA), partOf(EVE), await newFolder()]
    const at = rosters(outside(before, after), folder)
    await at.complete('acme', naming(1, before, after))
    await at.complete('acme', naming(2, before))
    const settling = at.settle('acme', naming(2, before))
    await at.complete('acme', naming(3, after))
    await settling
    expect(await readdir(join(folder, 'acme'))).toContain(`${sha256(after)}.json`)
  })
})

describe('a bundle whose roster is not whole', () => {
  it('does not decide anything: the one before stays, and ends as one that is behind', async () => {
    const [folder, ada, both] = [await newFolder(), partOf(ADA), partOf(ADA, EVE)]
    const there = outside(ada)
    let bundle = naming(1, ada)
    let atMs = 0
    const said: string[] = []
    const freshness = createFreshness({ staleAfterMs: 10_000, skewMs: 0 })
    const bundles = createLiveBundles({
      head: null,
      fetch: () => sealBundle(bundle, SIGNER),
      cache: await openBundleCache(folder),
      rosters: rosters(there, folder),
      keys: () => KEYS,
      askForKeys: () => {},
      acknowledge: ({ version, outcome, detail }) => said.push(`${version} ${outcome} ${detail}`.trim()),
      freshness,
      monotonicMs: () => atMs,
      outOfStepAfterMs: 4_000,
      staleAfterMs: 10_000,
      resident: 10,
      report: () => {},
    })
    const humans = async () => {
      const current = await bundles.current('acme')
      return isRefusal(current) ? current.code : [...current.humans.values()].map(({ name }) => name)
    }
    const beat = () => {
      const heard = { issuedAt: new Date(atMs).toISOString(), seq: 1, format: 'writ.heartbeat.v1' } as const
      freshness.beat(heard, { monotonicMs: atMs, wallMs: atMs })
      freshness.caughtUp(1)
    }
    expect(await humans()).toEqual(['Ada'])
    bundle = naming(2, both)
    await bundles.changed({ seq: 1, tenant: 'acme', version: 2 })
    expect(await humans()).toEqual(['Ada'])
    expect(said).toEqual(['1 applied', '2 refused a part of the roster could not be had'])
    atMs = 10_001
    beat()
    const behind = await bundles.current('acme')
    expect(!isRefusal(behind) && behind.isFresh()).toBe(false)
    there.parts.set(sha256(both), both)
    await bundles.retryBehind()
    expect(await humans()).toEqual(['Ada', 'Eve'])
    const current = await bundles.current('acme')
    expect(!isRefusal(current) && current.isFresh()).toBe(true)
  })
})

/** A gateway that reads heads from Redis, and parts from a control plane. */
async function gateway(
  folder: string,
  there: Outside & { head: Bundle; isAway: boolean; isGone?: boolean },
  nowMs = () => 0,
) {
  const freshness = createFreshness({ staleAfterMs: 10_000, skewMs: 0 })
  const bundles = createLiveBundles({
    head: async () =>
      there.isGone ? null : { version: there.head.version, jws: await sealBundle(there.head, SIGNER) },
    fetch: async () => {
      if (there.isAway) throw new Error('away')
      if (there.isGone) return null
      return sealBundle(there.head, SIGNER)
    },
    cache: await openBundleCache(folder),
    rosters: rosters(there, folder),
    keys: () => KEYS,
    askForKeys: () => {},
    acknowledge: () => {},
    freshness,
    monotonicMs: nowMs,
    outOfStepAfterMs: 4_000,
    staleAfterMs: 10_000,
    resident: 10,
    report: () => {},
  })
  const beat = (atMs: number) => {
    const heard = { issuedAt: new Date(atMs).toISOString(), seq: 1, format: 'writ.heartbeat.v1' } as const
    freshness.beat(heard, { monotonicMs: atMs, wallMs: atMs })
    freshness.caughtUp(1)
  }
  return { bundles, beat }
}

describe('a bundle that was seen and whose roster is not to be had', () => {
  const [both, ada] = [partOf(ADA, EVE), partOf(ADA)]
  const given = () => ({ ...outside(both), head: naming(1, both), isAway: false })

  it('makes the one before it one that is behind, also where no change announced it', async () => {
    const there = given()
    let atMs = 0
    const { bundles, beat } = await gateway(await newFolder(), there, () => atMs)
    await bundles.current('acme')
    Object.assign(there, { head: naming(2, ada), isAway: true })
    await bundles.resync()
    atMs = 10_001
    beat(atMs)
    const behind = await bundles.current('acme')
    expect(!isRefusal(behind) && behind.bundle.version).toBe(1)
    expect(!isRefusal(behind) && behind.isFresh()).toBe(false)
    there.parts.set(sha256(ada), ada)
    await bundles.retryBehind()
    const current = await bundles.current('acme')
    expect(!isRefusal(current) && [current.bundle.version, current.isFresh()]).toEqual([2, true])
  })

  it('keeps the disk from serving the one before it after a restart', async () => {
    const there = given()
    const folder = await newFolder()
    await (await gateway(folder, there)).bundles.current('acme')
    Object.assign(there, { head: naming(2, ada), isAway: true })
    const { bundles } = await gateway(folder, there)
    const refused = await bundles.current('acme')
    expect(isRefusal(refused) && refused.code).toBe('policy_unavailable')
    there.parts.set(sha256(ada), ada)
    const current = await bundles.current('acme')
    expect(!isRefusal(current) && current.bundle.version).toBe(2)
  })
})

describe('a tenant that is gone', () => {
  it('leaves the disk with everybody in it, and its floor stays', async () => {
    const [both, folder] = [partOf(ADA, EVE), await newFolder()]
    const there = { ...outside(both), head: naming(7, both), isAway: false, isGone: false }
    await (await gateway(folder, there)).bundles.current('acme')
    expect(await textsIn(folder)).toContain(sha256(both))
    there.isGone = true
    const refused = await (await gateway(folder, there)).bundles.current('acme')
    expect(isRefusal(refused) && refused.code).toBe('tenant_unknown')
    expect(await textsIn(folder)).not.toMatch(new RegExp(sha256(both)))
    const kept = await (await openBundleCache(folder)).read('acme')
    expect(kept).toMatchObject({ version: 7, jws: null })
  })

  it('cannot come back older, nor from the disk', async () => {
    const [both, folder] = [partOf(ADA, EVE), await newFolder()]
    const there = { ...outside(both), head: naming(7, both), isAway: false, isGone: false }
    await (await gateway(folder, there)).bundles.current('acme')
    there.isGone = true
    await (await gateway(folder, there)).bundles.resync()
    const codeOf = async () => {
      const current = await (await gateway(folder, there)).bundles.current('acme')
      return isRefusal(current) ? current.code : current.bundle.version
    }
    Object.assign(there, { isGone: false, head: naming(6, both) })
    expect(await codeOf()).toBe('policy_unavailable')
    there.head = naming(8, both)
    expect(await codeOf()).toBe(8)
  })
})

/** Names and texts of all files there. */
async function textsIn(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return (await Promise.all(files.map(async (file) => `${file} ${await readFile(file, 'utf8')}`))).join('\n')
}
