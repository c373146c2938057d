import type { BundleFault } from '@writ/bundle'
import type { CurrentBundle } from '@writ/enforcement'
import type { CachedBundle } from './bundle-cache.ts'
import type { BundleOffer } from './bundle-offers.ts'

/** Nothing older is taken, and nothing else of the same version. */
export type Floor = { readonly version: number; readonly sha256: string | null }

/** Of what decides and what is on disk the newer. */
export function floorOf(resident: CurrentBundle | undefined, cached: CachedBundle | null): Floor {
  const kept: Floor = cached ?? { version: 0, sha256: null }
  if (!resident || resident.bundle.version <= kept.version)
    return { version: kept.version, sha256: kept.sha256 }
  return { version: resident.bundle.version, sha256: resident.sha256 }
}

/** Whether what is offered is what is on disk, and no more is claimed of it. */
export const isAtHand = ({ jws, said }: BundleOffer, cached: CachedBundle | null): boolean =>
  jws === cached?.jws && (said === null || said === cached.version)

/** Whether a head in Redis was refused for what it is; one whose people are not to be had yet is the newest all the same. */
export const leavesDoubt = ({ said }: BundleOffer, { reason }: BundleFault): boolean =>
  said !== null && reason !== 'incomplete'
