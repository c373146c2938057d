import type { OpenedBundle } from '@writ/bundle'
import { BundleFault, isBundleFault, openBundle } from '@writ/bundle'
import type { BundleChange } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import { Behind } from './behind.ts'
import type { CachedBundle } from './bundle-cache.ts'
import type { BundleOffer } from './bundle-offers.ts'
import { bundleOffers } from './bundle-offers.ts'
import { compiled } from './compiled.ts'
import { floorOf, isAtHand, leavesDoubt } from './floor.ts'
import type { Floor } from './floor.ts'
import type { BundlePorts, LiveBundles } from './live-bundles.ts'

export type { BundlePorts, LiveBundles } from './live-bundles.ts'

const ABSENT_MS = 2000
const MOST_ABSENT = 10_000
const MOST_LOADS = 64

/** Loads on first use (memory, Redis, control plane, disk), verifies, compiles, and swaps one reference. */
export function createLiveBundles(ports: BundlePorts): LiveBundles {
  const bundles = new Bundles(ports)
  return {
    current: (slug) => bundles.current(slug),
    changed: (change) => bundles.changed(change),
    resync: () => bundles.resync(),
    retryBehind: () => bundles.retryBehind(),
    versions: () => bundles.versions(),
  }
}

class Bundles {
  readonly #ports: BundlePorts
  readonly #resident = new Map<string, CurrentBundle>()
  readonly #loading = new Map<string, Promise<CurrentBundle | Refusal>>()
  /** the newest version announced while its tenant is being loaded: what is loaded may have been read before it */
  readonly #heard = new Map<string, number>()
  readonly #absentUntilMs = new Map<string, number>()
  readonly #behind: Behind

  constructor(ports: BundlePorts) {
    this.#ports = ports
    this.#behind = new Behind(ports.monotonicMs)
  }

  async current(slug: string): Promise<CurrentBundle | Refusal> {
    const resident = this.#resident.get(slug)
    if (resident) return this.#touch(slug, resident)
    if ((this.#absentUntilMs.get(slug) ?? 0) > this.#ports.monotonicMs()) return new Refusal('tenant_unknown')
    return this.#load(slug)
  }

  async changed({ tenant, version }: BundleChange): Promise<void> {
    this.#absentUntilMs.delete(tenant)
    const resident = this.#resident.get(tenant)
    if (resident) {
      if (resident.bundle.version < version) await this.#catchUp(tenant, version)
      return
    }
    if (this.#loading.has(tenant)) this.#heard.set(tenant, Math.max(version, this.#heard.get(tenant) ?? 0))
    await this.#announced(tenant, version)
  }

  async resync(): Promise<void> {
    this.#absentUntilMs.clear()
    const slugs = new Set([...this.#resident.keys(), ...(await this.#ports.cache.slugs())])
    let areKnown = true
    for (const slug of slugs) areKnown = (await this.#refresh(slug, 0)) && areKnown
    if (!areKnown) throw new Error('a head in Redis does not hold, and the control plane does not answer')
  }

  async retryBehind(): Promise<void> {
    for (const { slug, version } of this.#behind.versions()) await this.#catchUp(slug, version)
  }

  versions(): { slug: string; version: number }[] {
    return [...this.#resident].map(([slug, { bundle }]) => ({ slug, version: bundle.version }))
  }

  #touch(slug: string, resident: CurrentBundle): CurrentBundle {
    this.#resident.delete(slug)
    this.#resident.set(slug, resident)
    return resident
  }

  /** Calls that arrive together share one load. Loads of names that nobody knows must not grow without bound. */
  #load(slug: string): Promise<CurrentBundle | Refusal> {
    const underWay = this.#loading.get(slug)
    if (underWay) return underWay
    if (this.#loading.size >= MOST_LOADS) return Promise.resolve(new Refusal('policy_unavailable'))
    const loading = this.#loadNewest(slug).finally(() => this.#loading.delete(slug))
    this.#loading.set(slug, loading)
    return loading
  }

  async #loadNewest(slug: string): Promise<CurrentBundle | Refusal> {
    const loaded = await this.#loadOnce(slug)
    let tried = 0
    for (let heard = this.#hear(slug); heard > tried; heard = this.#hear(slug)) {
      tried = heard
      this.#absentUntilMs.delete(slug)
      if ((this.#resident.get(slug)?.bundle.version ?? heard) < heard) await this.#catchUp(slug, heard)
    }
    return this.#resident.get(slug) ?? loaded
  }

  /** What was announced since the last time, once; 0 for nothing. */
  #hear(slug: string): number {
    const version = this.#heard.get(slug) ?? 0
    this.#heard.delete(slug)
    return version
  }

  async #loadOnce(slug: string): Promise<CurrentBundle | Refusal> {
    const cached = await this.#ports.cache.read(slug)
    for await (const offer of bundleOffers(this.#ports, slug, cached?.announced ?? 0)) {
      if (offer === 'unheard') break
      if (offer === null) return this.#remember(slug, cached)
      const adopted = await this.#adopt(slug, offer, cached)
      if (adopted) return adopted
    }
    return (await this.#fromDisk(slug)) ?? new Refusal('policy_unavailable')
  }

  /** The disk serves only what was the newest when it was last known what is; the offers may have told. */
  async #fromDisk(slug: string): Promise<CurrentBundle | null> {
    const kept = await this.#ports.cache.read(slug)
    if (!kept?.jws || kept.announced > kept.version) return null
    return this.#adopt(slug, { jws: kept.jws, said: null }, kept)
  }

  async #adopt(slug: string, offer: BundleOffer, cached: CachedBundle | null): Promise<CurrentBundle | null> {
    const opened = await this.#open(slug, offer, cached)
    return isBundleFault(opened) ? null : this.#apply(slug, opened, offer.jws)
  }

  async #remember(slug: string, cached: CachedBundle | null): Promise<Refusal> {
    await this.#forget(slug, cached)
    if (this.#absentUntilMs.size >= MOST_ABSENT) this.#absentUntilMs.clear()
    this.#absentUntilMs.set(slug, this.#ports.monotonicMs() + ABSENT_MS)
    return new Refusal('tenant_unknown')
  }

  async #catchUp(slug: string, version: number): Promise<void> {
    await this.#refresh(slug, version)
    const resident = this.#resident.get(slug)
    if (!resident || resident.bundle.version >= version) {
      this.#behind.caughtUp(slug)
      return
    }
    this.#behind.fell(slug, version)
  }

  /**
   * Takes a newer bundle where one is offered; everything else leaves what is at hand.
   * @returns false where a head in Redis did not hold and the control plane was not heard
   */
  async #refresh(slug: string, least: number): Promise<boolean> {
    const cached = await this.#ports.cache.read(slug)
    let isInDoubt = false
    for await (const offer of bundleOffers(this.#ports, slug, Math.max(least, cached?.announced ?? 0))) {
      if (offer === 'unheard') return !isInDoubt
      if (offer === null) {
        await this.#forget(slug, cached)
        return true
      }
      if (isAtHand(offer, cached)) return true
      const opened = await this.#open(slug, offer, cached)
      if (isBundleFault(opened)) isInDoubt ||= leavesDoubt(offer, opened)
      else if (await this.#take(slug, opened, offer.jws)) return true
    }
    return true
  }

  /** A tenant that does not call is kept current on disk only. */
  async #take(slug: string, opened: OpenedBundle, jws: string): Promise<boolean> {
    if (this.#resident.has(slug)) return (await this.#apply(slug, opened, jws)) !== null
    await this.#keep(slug, opened, jws)
    if (!this.#resident.has(slug)) this.#ports.rosters.release(slug)
    return true
  }

  /** When the bundle is refused nothing changes. */
  async #open(
    slug: string,
    offer: BundleOffer,
    cached: CachedBundle | null,
  ): Promise<OpenedBundle | BundleFault> {
    const floor = floorOf(this.#resident.get(slug), cached)
    const opened = await this.#openWhole(slug, offer, floor)
    if (!isBundleFault(opened)) return opened
    const { reason, detail } = opened
    if (reason === 'key_unknown') this.#ports.askForKeys()
    this.#ports.report('a bundle was refused', { tenant: slug, reason, detail })
    this.#acknowledge(slug, Math.max(1, this.#behind.versionOf(slug) ?? floor.version), 'refused', detail)
    return opened
  }

  async #openWhole(
    slug: string,
    { jws, said }: BundleOffer,
    floor: Floor,
  ): Promise<OpenedBundle | BundleFault> {
    const opened = await openBundle(jws, this.#ports.keys(), { tenant: slug, ...floor })
    if (isBundleFault(opened)) return opened
    // A head that claims to be newer than its bundle would keep every newer one from being published.
    if (said !== null && said !== opened.bundle.version)
      return new BundleFault('rolled_back', 'the head in Redis says another version than its bundle')
    const bundle = await this.#ports.rosters.complete(slug, opened.bundle)
    if (!isBundleFault(bundle)) return { ...opened, bundle }
    await this.#exists(slug, opened.bundle.version)
    return bundle
  }

  /** It is signed, and cannot be used yet: what is at hand is behind it, and after a restart still is. */
  async #exists(slug: string, version: number): Promise<void> {
    if ((this.#resident.get(slug)?.bundle.version ?? version) < version) this.#behind.fell(slug, version)
    await this.#announced(slug, version).catch((error: unknown) =>
      this.#ports.report('a bundle could not be noted on disk', error),
    )
  }

  #announced(slug: string, version: number): Promise<void> {
    return this.#ports.cache.update(slug, (cached) =>
      cached && cached.announced < version ? { ...cached, announced: version } : null,
    )
  }

  async #apply(slug: string, opened: OpenedBundle, jws: string): Promise<CurrentBundle | null> {
    try {
      const next = compiled(this.#ports, opened, () => this.#behind.forMs(slug))
      await this.#keep(slug, opened, jws)
      return this.#swap(slug, next)
    } catch (error) {
      this.#ports.report('a bundle could not be compiled', error)
      this.#acknowledge(slug, opened.bundle.version, 'refused', 'it could not be compiled')
      return null
    }
  }

  /** The floor is on disk before the version decides anything, unless the disk fails: a revocation does not wait for a disk. */
  async #keep(slug: string, { bundle, sha256 }: OpenedBundle, jws: string): Promise<void> {
    const { version } = bundle
    try {
      await this.#ports.cache.update(slug, (cached) =>
        cached && cached.version > version
          ? null
          : { version, sha256, announced: Math.max(version, cached?.announced ?? 0), jws },
      )
      await this.#ports.rosters.settle(slug, bundle)
    } catch (error) {
      this.#ports.report('a bundle could not be kept on disk', error)
    }
  }

  #swap(slug: string, next: CurrentBundle): CurrentBundle {
    const resident = this.#resident.get(slug)
    // Two loads can overlap; the newer bundle stays.
    if (resident && resident.bundle.version >= next.bundle.version) return resident
    this.#ports.applied?.(next)
    this.#touch(slug, next)
    this.#behind.caughtUp(slug)
    for (const oldest of this.#resident.keys()) {
      if (this.#resident.size <= this.#ports.resident) break
      this.#drop(oldest)
    }
    this.#acknowledge(slug, next.bundle.version, 'applied', '')
    return next
  }

  /** There is no such tenant. What names its people goes from the disk too; its floor stays, for whoever answers may be wrong. */
  async #forget(slug: string, cached: CachedBundle | null): Promise<void> {
    this.#drop(slug)
    if (cached === null || cached.jws === null) return
    try {
      await this.#ports.cache.update(slug, (kept) => kept && { ...kept, jws: null })
      await this.#ports.rosters.forget(slug)
    } catch (error) {
      this.#ports.report('the bundle of a tenant that is gone could not be removed', error)
    }
  }

  #drop(slug: string): void {
    this.#resident.delete(slug)
    this.#ports.rosters.release(slug)
  }

  #acknowledge(tenant: string, version: number, outcome: 'applied' | 'refused', detail: string): void {
    this.#ports.acknowledge({ tenant, version, outcome, detail })
  }
}
