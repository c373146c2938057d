import type { BundleAcknowledgement, BundleChange, BundleKey } from '@writ/contracts'
import type { BundleSource, CurrentBundle } from '@writ/enforcement'
import type { BundleCache } from './bundle-cache.ts'
import type { OfferPorts } from './bundle-offers.ts'
import type { AgePorts } from './compiled.ts'
import type { Rosters } from './rosters.ts'

export type BundlePorts = OfferPorts &
  AgePorts & {
    readonly cache: BundleCache
    /** the agents and humans of tenants that have too many for one bundle */
    readonly rosters: Rosters
    readonly keys: () => readonly BundleKey[]
    /** a bundle was signed by a key that is not known here */
    readonly askForKeys: () => void
    readonly acknowledge: (acknowledgement: BundleAcknowledgement) => void
    /** hears of each bundle before anything is decided by it */
    readonly applied?: (current: CurrentBundle) => void
    /** tenants in memory at once; the one unused for longest goes first and is loaded again when it calls */
    readonly resident: number
  }

/** The bundle of each tenant that calls, and how it is kept current. */
export type LiveBundles = BundleSource & {
  readonly changed: (change: BundleChange) => Promise<void>
  /**
   * Changes may have been missed: looks at every tenant that is in memory or on disk.
   * @throws where a head in Redis does not hold and the control plane does not say what does: then nothing is known to be the newest
   */
  readonly resync: () => Promise<void>
  /** Tries again what was announced and could not be applied. */
  readonly retryBehind: () => Promise<void>
  /**
   * Asks the control plane for what was taken from Redis or the disk because it had not answered.
   * @throws where it does not answer still
   */
  readonly confirm: () => Promise<void>
  readonly versions: () => readonly { readonly slug: string; readonly version: number }[]
}
