import { PROOF_LIFE_MS } from './proof-window.ts'
import type { NonceKeeper, ReplayGuard } from './replay-guard.ts'

export type ReplayPolicy = { readonly replay: ReplayGuard; readonly nonces: NonceKeeper }

export type ReplayPolicySettings = {
  /** the memory that all nodes share; the local one, where there is one node only */
  readonly shared: ReplayGuard
  /** the memory of this node */
  readonly local: ReplayGuard
  /** nonces that only this node, since it started, accepts */
  readonly nodeNonces: NonceKeeper
  readonly nowMs: () => number
  /** until then a nonce is required anyway: for a node alone, what it accepted before it started is forgotten */
  readonly nonceUntilMs?: number
}

/**
 * Replay protection that survives the loss of the shared memory without ever skipping the check.
 *
 * A proof with a node nonce can be used at one node only, so that node's own memory is exact for it, during an outage and
 * after. A proof without one needs the shared memory. When that is away, a node nonce is required, and stays required for
 * one proof life after the memory was last away: it may have come back empty.
 */
export function createReplayPolicy(settings: ReplayPolicySettings): ReplayPolicy {
  const { shared, local, nodeNonces, nowMs } = settings
  let nonceUntilMs = settings.nonceUntilMs ?? 0
  const inShared = async (key: string, untilMs: number) => {
    const answer = await shared.firstSeen(key, untilMs)
    if (answer === 'unavailable') nonceUntilMs = Math.max(nonceUntilMs, nowMs() + PROOF_LIFE_MS)
    return answer
  }
  return {
    replay: {
      firstSeen: (key, untilMs, nonce) =>
        nonce === undefined ? inShared(key, untilMs) : local.firstSeen(key, untilMs),
    },
    nonces: {
      check: nodeNonces.check,
      current: nodeNonces.current,
      get required() {
        return nodeNonces.required || nowMs() < nonceUntilMs
      },
    },
  }
}
