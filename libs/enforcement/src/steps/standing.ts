import type { AccessGroupId, AccessTokenClaims, AgentId, Caller } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { actorsOf, sessionsOf } from '@writ/identity'
import type { Proven } from '@writ/identity'
import { isVisible } from '@writ/policy'
import type { BundleSource } from '../ports.ts'
import type { Allowed, CurrentBundle } from '../stages.ts'
import { questionOf } from './question.ts'

/** Whether a token that holds still counts: nothing it stands on was revoked, suspended or taken away since it was issued. */
export function standingOf(claims: AccessTokenClaims, current: CurrentBundle): Refusal | null {
  const counts = current.callers.has(claims) || isStanding(claims, current)
  return counts ? null : new Refusal('token_revoked')
}

function isStanding(claims: AccessTokenClaims, current: CurrentBundle): boolean {
  return (
    isTenantOpen(claims, current) &&
    !current.revokedTokens.has(claims.jti) &&
    // A delegated session ends with any of those that it came from.
    sessionsOf(claims).every((session) => !current.revokedSessions.has(session)) &&
    isHumanActive(claims, current) &&
    current.agents.get(claims.client_id)?.epoch === claims.epo.a &&
    actorsOf(claims).every((agent) => isInGoodGroups(current.agents.get(agent), current))
  )
}

/** Nothing is begun for a tenant whose ledger holds as many records as it may: no record, no effect. What was begun is recorded to its end. */
export const noMoreRecords = ({ bundle: { tenant } }: CurrentBundle): Refusal | null =>
  tenant.recordsFull ? new Refusal('record_unavailable', "the tenant's limit of records is reached") : null

const isTenantOpen = ({ epo }: AccessTokenClaims, { bundle: { tenant } }: CurrentBundle): boolean =>
  !tenant.suspended && tenant.epoch === epo.t

function isHumanActive({ sub, epo }: AccessTokenClaims, current: CurrentBundle): boolean {
  const human = current.humans.get(sub)
  return human?.epoch === epo.h && isInGoodGroups(human, current)
}

/** Whoever is in a suspended access group is nobody, whatever other groups it is in; so is whoever is not in the bundle. */
const isInGoodGroups = (
  principal: { readonly groups: readonly AccessGroupId[] } | undefined,
  { suspendedGroups }: CurrentBundle,
): boolean => principal !== undefined && !principal.groups.some((group) => suspendedGroups.has(group))

/** Who called, with the names and groups of this bundle. */
export function callerOf(proven: Proven, current: CurrentBundle): Caller | Refusal {
  const { claims, keyThumbprint } = proven
  const known = current.callers.get(claims)
  if (known?.keyThumbprint === keyThumbprint) return known
  const fallen = standingOf(claims, current)
  if (fallen) return fallen
  const caller = namedCaller(proven, current)
  current.callers.set(claims, caller)
  return caller
}

function namedCaller({ claims, keyThumbprint }: Proven, current: CurrentBundle): Caller {
  return {
    tenantId: current.bundle.tenant.id,
    ...namesOf(claims, current),
    session: claims.sid,
    parentSession: claims.psid ?? null,
    olderSessions: claims.psids ?? [],
    authorizations: claims.authorization_details ?? null,
    keyThumbprint,
    expiresAt: claims.exp,
  }
}

/** Names are those of the bundle; who left it is named by id. */
export function namesOf(
  claims: AccessTokenClaims,
  { agents, humans }: CurrentBundle,
): Pick<Caller, 'agent' | 'human' | 'delegators'> {
  const [, ...delegators] = actorsOf(claims)
  const agentBy = (id: AgentId) => {
    const { name, groups } = agents.get(id) ?? { name: id, groups: [] }
    return { id, name, groups }
  }
  const { name, groups } = humans.get(claims.sub) ?? { name: claims.sub, groups: [] }
  return {
    agent: agentBy(claims.client_id),
    human: { id: claims.sub, name, groups },
    delegators: delegators.map(agentBy),
  }
}

export type StandingPorts = { readonly bundles: BundleSource; readonly nowMs: () => number }

/**
 * The same call under the tenant's bundle of this moment: a stream that is open obeys a revocation, a move to another
 * access group and a new policy at its next event, or within a lull, and ends with its token.
 */
export async function stillAllowed(allowed: Allowed, ports: StandingPorts): Promise<Allowed | Refusal> {
  if (ports.nowMs() >= allowed.caller.expiresAt * 1000)
    return new Refusal('token_invalid', 'the access token has ended')
  const current = await ports.bundles.current(allowed.received.tenantSlug)
  if (isRefusal(current)) return current
  if (!current.isFresh()) return new Refusal('policy_stale')
  return current === allowed.current ? allowed : underBundle(allowed, current, ports)
}

function underBundle(allowed: Allowed, current: CurrentBundle, { nowMs }: StandingPorts): Allowed | Refusal {
  const caller = allowed.callerUnder(current)
  if (isRefusal(caller)) return caller
  const connection = current.connections.get(allowed.connection.name)
  if (connection?.id !== allowed.connection.id) return new Refusal('connection_unknown')
  if (!caller.agent.groups.some((group) => connection.groups.includes(group)))
    return new Refusal('connection_forbidden')
  const now: Allowed = { ...allowed, current, connection, caller }
  // What was begun under other rules ends where these would not let it begin, whatever it says.
  const question = questionOf(now, 'outbound', {}, { state: null, nowMs: nowMs() })
  return isVisible(current.policies, question) ? now : new Refusal('policy_denied')
}
