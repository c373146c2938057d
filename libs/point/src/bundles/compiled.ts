import type { Freshness, OpenedBundle } from '@writ/bundle'
import type { Bundle } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import { currentBundleOf } from '@writ/enforcement'

export type AgePorts = {
  readonly freshness: Freshness
  readonly monotonicMs: () => number
  /** without word from the control plane for so long, what changes something is refused, and then everything */
  readonly outOfStepAfterMs: number
  readonly staleAfterMs: number
  /** where the bundle itself says for how long it may be used without word; `staleAfterMs` then counts for none */
  readonly staleAfterMsOf?: (bundle: Bundle) => number
}

/**
 * The bundle as it decides, with its age.
 * @param behindMs for how long a newer one has been known of; 0 where there is none
 * @throws where the bundle does not compile
 */
export function compiled(
  ports: AgePorts,
  { bundle, sha256 }: OpenedBundle,
  behindMs: () => number,
): CurrentBundle {
  const { freshness, monotonicMs, outOfStepAfterMs, staleAfterMsOf } = ports
  const staleAfterMs = staleAfterMsOf?.(bundle) ?? ports.staleAfterMs
  const isYounger = (boundMs: number): boolean =>
    freshness.ageMs(monotonicMs()) <= boundMs && behindMs() <= boundMs
  return currentBundleOf(
    bundle,
    sha256,
    () => isYounger(staleAfterMs),
    () => isYounger(outOfStepAfterMs),
  )
}
