import type { AccessTokenClaims } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { BundleSource } from '../ports.ts'
import type { Allowed, CurrentBundle } from '../stages.ts'

/** A token counts while its agent is enrolled, of the token's epoch, and its session was not ended. */
export function standingOf(claims: AccessTokenClaims, current: CurrentBundle): Refusal | null {
  const counts =
    claims.act.sub === claims.client_id &&
    current.agents.get(claims.client_id)?.epoch === claims.epo.a &&
    current.humans.has(claims.sub) &&
    !current.revokedSessions.has(claims.sid)
  return counts ? null : new Refusal('token_revoked')
}

export type StandingPorts = { readonly bundles: BundleSource; readonly nowMs: () => number }

/**
 * The same call under the tenant's bundle of this moment: a stream that is open obeys a revocation, a move to another
 * access group and a new policy at its next event, and ends with its token.
 */
export async function stillAllowed(allowed: Allowed, ports: StandingPorts): Promise<Allowed | Refusal> {
  if (ports.nowMs() >= allowed.caller.expiresAt * 1000)
    return new Refusal('token_invalid', 'the access token has ended')
  const current = await ports.bundles.current(allowed.received.tenantSlug)
  if (isRefusal(current)) return current
  if (!current.isFresh()) return new Refusal('policy_stale')
  return current === allowed.current ? allowed : underBundle(allowed, current)
}

function underBundle(allowed: Allowed, current: CurrentBundle): Allowed | Refusal {
  const { caller } = allowed
  const agent = current.agents.get(caller.agent.id)
  const human = current.humans.get(caller.human.id)
  const wasOfEpoch = allowed.current.agents.get(caller.agent.id)?.epoch
  if (!agent || !human || agent.epoch !== wasOfEpoch || current.revokedSessions.has(caller.session))
    return new Refusal('token_revoked')
  const connection = current.connections.get(allowed.connection.name)
  if (connection?.id !== allowed.connection.id) return new Refusal('connection_unknown')
  if (!agent.groups.some((group) => connection.groups.includes(group)))
    return new Refusal('connection_forbidden')
  return { ...allowed, current, connection, caller: { ...caller, agent, human } }
}
