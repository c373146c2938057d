import type { OpenedBundle } from '@writ/bundle'
import { BundleFault, isBundleFault, openBundle } from '@writ/bundle'
import type { BundleChange } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import { Absent } from './absent.ts'
import { Behind } from './behind.ts'
import type { CachedBundle } from './bundle-cache.ts'
import type { BundleOffer, FirstAsked } from './bundle-offers.ts'
import { bundleOffers, firstOffers } from './bundle-offers.ts'
import { compiled } from './compiled.ts'
import { floorOf, isAtHand, leavesDoubt } from './floor.ts'
import type { Floor } from './floor.ts'
import { announce, forget, keep } from './kept.ts'
import type { BundlePorts, LiveBundles } from './live-bundles.ts'

export type { BundlePorts, LiveBundles } from './live-bundles.ts'

const MOST_LOADS = 64
/** for how long the control plane is waited for where Redis may have the bundle too */
const PATIENCE_MS = 1000

/** Loads on first use (memory, control plane, Redis, disk), verifies, compiles, and swaps one reference. */
export function createLiveBundles(ports: BundlePorts): LiveBundles {
  const bundles = new Bundles(ports)
  return {
    current: (slug) => bundles.current(slug),
    changed: (change) => bundles.changed(change),
    resync: () => bundles.resync(),
    retryBehind: () => bundles.retryBehind(),
    confirm: () => bundles.confirm(),
    versions: () => bundles.versions(),
  }
}

class Bundles {
  readonly #ports: BundlePorts
  readonly #resident = new Map<string, CurrentBundle>()
  readonly #loading = new Map<string, Promise<CurrentBundle | Refusal>>()
  /** the newest version announced while its tenant is being loaded: what is loaded may have been read before it */
  readonly #heard = new Map<string, number>()
  /** tenants whose bundle is not the control plane's own word, which had not answered */
  readonly #unconfirmed: Behind
  readonly #absent: Absent
  readonly #behind: Behind

  constructor(ports: BundlePorts) {
    this.#ports = ports
    this.#absent = new Absent(ports.monotonicMs)
    this.#behind = new Behind(ports.monotonicMs)
    this.#unconfirmed = new Behind(ports.monotonicMs)
  }

  async current(slug: string): Promise<CurrentBundle | Refusal> {
    const resident = this.#resident.get(slug)
    if (resident) return this.#touch(slug, resident)
    if (this.#absent.has(slug)) return new Refusal('tenant_unknown')
    return this.#load(slug)
  }

  async changed({ tenant, version }: BundleChange): Promise<void> {
    this.#absent.delete(tenant)
    const resident = this.#resident.get(tenant)
    if (resident) {
      if (resident.bundle.version < version) await this.#catchUp(tenant, version)
      return
    }
    if (this.#loading.has(tenant)) this.#heard.set(tenant, Math.max(version, this.#heard.get(tenant) ?? 0))
    await announce(this.#ports, tenant, version)
  }

  async resync(): Promise<void> {
    this.#absent.clear()
    const slugs = new Set([...this.#resident.keys(), ...(await this.#ports.cache.slugs())])
    let areKnown = true
    for (const slug of slugs) areKnown = (await this.#refresh(slug, 0)) && areKnown
    if (!areKnown) throw new Error('a head in Redis does not hold, and the control plane does not answer')
  }

  async retryBehind(): Promise<void> {
    for (const { slug, version } of this.#behind.versions()) await this.#catchUp(slug, version)
  }

  async confirm(): Promise<void> {
    for (const { slug } of this.#unconfirmed.versions()) {
      const jws = await this.#ports.fetch(slug)
      this.#unconfirmed.caughtUp(slug, Infinity)
      await this.#look(slug, jws === null ? null : { jws, said: null }, await this.#ports.cache.read(slug))
    }
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
      this.#absent.delete(slug)
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
    for await (const offer of firstOffers(this.#ports, slug, this.#firstAsked(slug, cached))) {
      if (offer === null) {
        await this.#forget(slug, cached)
        this.#absent.add(slug)
        return new Refusal('tenant_unknown')
      }
      const adopted = await this.#adopt(slug, offer, cached)
      if (!adopted || offer.said === null) continue
      this.#unconfirmed.fell(slug, adopted.bundle.version)
      return adopted
    }
    return this.#resident.get(slug) ?? (await this.#fromDisk(slug)) ?? new Refusal('policy_unavailable')
  }

  #firstAsked(slug: string, cached: CachedBundle | null): FirstAsked {
    return {
      above: () => Math.max(this.#resident.get(slug)?.bundle.version ?? 0, (cached?.announced ?? 0) - 1),
      // What said nothing a moment ago is not waited for again with each tenant.
      patienceMs: this.#unconfirmed.versions().length > 0 ? 0 : PATIENCE_MS,
    }
  }

  /** The disk serves only what was the newest when it was last known what is; the offers may have told. */
  async #fromDisk(slug: string): Promise<CurrentBundle | null> {
    const kept = await this.#ports.cache.read(slug)
    if (!kept?.jws || kept.announced > kept.version) return null
    this.#unconfirmed.fell(slug, kept.version)
    return this.#adopt(slug, { jws: kept.jws, said: null }, kept)
  }

  async #adopt(slug: string, offer: BundleOffer, cached: CachedBundle | null): Promise<CurrentBundle | null> {
    const opened = await this.#open(slug, offer, cached)
    return isBundleFault(opened) ? null : this.#apply(slug, opened, offer.jws)
  }

  async #catchUp(slug: string, version: number): Promise<void> {
    await this.#refresh(slug, version)
    const resident = this.#resident.get(slug)
    if (!resident || resident.bundle.version >= version) {
      this.#behind.caughtUp(slug, resident?.bundle.version ?? version)
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
      const seen = await this.#look(slug, offer, cached)
      if (seen === 'settled') return true
      isInDoubt ||= seen === 'doubtful'
    }
    return true
  }

  /** `settled`: what is offered is at hand by now. `doubtful`: a head in Redis did not hold. */
  async #look(
    slug: string,
    offer: BundleOffer | null,
    cached: CachedBundle | null,
  ): Promise<'settled' | 'refused' | 'doubtful'> {
    if (offer === null) {
      await this.#forget(slug, cached)
      return 'settled'
    }
    if (isAtHand(offer, cached)) return 'settled'
    const opened = await this.#open(slug, offer, cached)
    if (isBundleFault(opened)) return leavesDoubt(offer, opened) ? 'doubtful' : 'refused'
    return (await this.#take(slug, opened, offer.jws)) ? 'settled' : 'refused'
  }

  /** A tenant that does not call is kept current on disk only. */
  async #take(slug: string, opened: OpenedBundle, jws: string): Promise<boolean> {
    if (this.#resident.has(slug)) return (await this.#apply(slug, opened, jws)) !== null
    await keep(this.#ports, slug, { opened, jws })
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
    await announce(this.#ports, slug, version).catch((error: unknown) =>
      this.#ports.report('a bundle could not be noted on disk', error),
    )
  }

  async #apply(slug: string, opened: OpenedBundle, jws: string): Promise<CurrentBundle | null> {
    try {
      const next = compiled(this.#ports, opened, () =>
        Math.max(this.#behind.forMs(slug), this.#unconfirmed.forMs(slug)),
      )
      await keep(this.#ports, slug, { opened, jws })
      return this.#swap(slug, next)
    } catch (error) {
      this.#ports.report('a bundle could not be compiled', error)
      this.#acknowledge(slug, opened.bundle.version, 'refused', 'it could not be compiled')
      return null
    }
  }

  #swap(slug: string, next: CurrentBundle): CurrentBundle {
    const resident = this.#resident.get(slug)
    // Two loads can overlap; the newer bundle stays.
    if (resident && resident.bundle.version >= next.bundle.version) return resident
    this.#ports.applied?.(next)
    this.#touch(slug, next)
    this.#behind.caughtUp(slug, next.bundle.version)
    for (const oldest of this.#resident.keys()) {
      if (this.#resident.size <= this.#ports.resident) break
      this.#drop(oldest)
    }
    this.#acknowledge(slug, next.bundle.version, 'applied', '')
    return next
  }

  #forget(slug: string, cached: CachedBundle | null): Promise<void> {
    this.#drop(slug)
    return forget(this.#ports, slug, cached)
  }

  #drop(slug: string): void {
    this.#resident.delete(slug)
    this.#unconfirmed.caughtUp(slug, Infinity)
    this.#ports.rosters.release(slug)
  }

  #acknowledge(tenant: string, version: number, outcome: 'applied' | 'refused', detail: string): void {
    this.#ports.acknowledge({ tenant, version, outcome, detail })
  }
}
