import { NONCE_LIFE_MS } from './nonces.ts'
import type { Nonces } from './nonces.ts'
import { PROOF_LIFE_MS } from './proof-window.ts'
import type { NonceKeeper, ReplayGuard } from './replay-guard.ts'

export type ReplayPolicy = {
  readonly replay: ReplayGuard
  /** the nonces of one route; `required`: its tenant wants one in every proof */
  readonly noncesFor: (route: string, required: boolean) => NonceKeeper
  /** The shared memory may have come back empty: to be called whenever the way to it broke. */
  readonly memoryWasAway: () => void
  /** true while only this node's own memory counts, because the shared one is away or may have come back empty */
  readonly isMemoryAway: () => boolean
}

export type ReplayPolicySettings = {
  /** the memory that all nodes share; the local one, where there is one node only */
  readonly shared: ReplayGuard
  /** the memory of this node */
  readonly local: ReplayGuard
  /** by route: nonces that only this node, since it started, accepts */
  readonly nodeNonces: (route: string) => Nonces
  /** by route: nonces that every node accepts; absent where there is one node only */
  readonly fleetNonces?: (route: string) => Nonces
  readonly nowMs: () => number
  /** until then a nonce is required anyway: for a node alone, what it accepted before it started is forgotten */
  readonly nonceUntilMs?: number
}

/**
 * Replay protection that survives the loss of the shared memory without ever skipping the check.
 *
 * A proof with a node nonce can be used at one node only, so that node's own memory is exact for it, during an outage and
 * after. Every other proof needs the shared memory. When that is away, a node nonce is required, and stays required for one
 * proof life after the memory was last away: it may have come back empty. Nonces of the fleet live longer than proofs, and
 * are not accepted for as long.
 */
export function createReplayPolicy(settings: ReplayPolicySettings): ReplayPolicy {
  const { shared, local, nodeNonces, fleetNonces, nowMs } = settings
  let awayAtMs = -Infinity
  const memoryWasAway = (): void => {
    awayAtMs = nowMs()
  }
  const inShared = async (key: string, untilMs: number) => {
    const answer = await shared.firstSeen(key, untilMs)
    if (answer === 'unavailable') memoryWasAway()
    return answer
  }
  const isMemoryAway = (): boolean => nowMs() < awayAtMs + PROOF_LIFE_MS
  const isNodeNonceNeeded = (): boolean => isMemoryAway() || nowMs() < (settings.nonceUntilMs ?? 0)
  const fleetNow = (route: string): Nonces | undefined =>
    nowMs() < awayAtMs + NONCE_LIFE_MS ? undefined : fleetNonces?.(route)
  return {
    memoryWasAway,
    isMemoryAway,
    replay: {
      firstSeen: (key, untilMs, memory = 'shared') =>
        memory === 'node' ? local.firstSeen(key, untilMs) : inShared(key, untilMs),
    },
    noncesFor: (route, required) => ({
      check: (nonce) => {
        if (nodeNonces(route).check(nonce) === 'valid') return 'valid-here'
        return fleetNow(route)?.check(nonce) ?? 'invalid'
      },
      current: () => (fleetNow(route) ?? nodeNonces(route)).current(),
      get required() {
        return required || isNodeNonceNeeded()
      },
    }),
  }
}
