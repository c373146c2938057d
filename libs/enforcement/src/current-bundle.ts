import { createPublicKey } from 'node:crypto'
import type { Bundle } from '@writ/contracts'
import { compilePolicies } from '@writ/policy'
import type { CurrentBundle } from './stages.ts'

/**
 * Derives once, from a verified bundle, what each message needs.
 * @param sha256 hex digest of the signed payload, named by every record
 */
export function currentBundleOf(
  bundle: Bundle,
  sha256: string,
  isFresh: () => boolean,
  isInStep: () => boolean = isFresh,
): CurrentBundle {
  const keys = new Map(
    bundle.issuerKeys.map(({ kid, key }) => [kid, createPublicKey({ key, format: 'jwk' })]),
  )
  return {
    bundle,
    sha256,
    isFresh,
    isInStep,
    policies: compilePolicies(bundle.policies, bundle),
    keyOf: (kid) => keys.get(kid),
    agents: new Map(bundle.agents.map((agent) => [agent.id, agent])),
    humans: new Map(bundle.humans.map((human) => [human.id, human])),
    // A suspended one is not there: it answers like one that never was.
    connections: new Map(
      bundle.connections
        .filter(({ suspended }) => !suspended)
        .map((connection) => [connection.name, connection]),
    ),
    revokedSessions: new Set(bundle.revokedSessions),
    revokedTokens: new Set(bundle.revokedTokens),
    suspendedGroups: new Set(bundle.groups.filter(({ suspended }) => suspended).map(({ id }) => id)),
    callers: new WeakMap(),
    soughtBy: new WeakMap(),
  }
}
