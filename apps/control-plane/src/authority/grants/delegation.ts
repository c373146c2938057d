import { isRefusal, MAX_ACTORS, TOKEN_TYPES } from '@writ/contracts'
import type { AgentId, GrantId, HumanId, SessionId, ToolAuthorizations } from '@writ/contracts'
import { verifyDelegation } from '@writ/identity'
import type { Delegation } from '@writ/identity'
import { invalid } from '../form.ts'
import { livingLineage } from '../lineage.ts'
import type { Granted, GrantRequest } from './grant-request.ts'
import { narrowed } from './narrowed.ts'

/** A delegating session got a token so lately that it lives. */
const TOKEN_LIFE_MS = 300_000
/** For how long a sub-agent may go on, where nothing else ends the session before. */
const LONGEST_MS = 12 * 3_600_000

/** A sub-agent acts within the session that delegated to it (RFC 8693 §2.1): no further, no longer, and never back in its own line. */
export async function delegated(request: GrantRequest, token: string): Promise<Granted> {
  const { db, issuer, agent, replay, nowMs } = request
  const delegation = await verifyDelegation(token, issuer, { replay, nowMs })
  if (isRefusal(delegation)) throw invalid(delegation.detail)
  if (delegation.subAgent !== agent.id) throw invalid('the delegation is to another agent')
  const parent = await livingSession(request, delegation)
  const lineage = parent && (await livingLineage(db, parent.id, nowMs))
  if (!parent || !lineage) throw invalid('the session that delegates does not live')
  requireNewActor(agent.id, lineage.agents)
  const handedOver = narrowed(delegation.authorizations, parent.authorization_details)
  return {
    beginning: {
      human: parent.human_id,
      parent: parent.id,
      grant: parent.grant_id,
      authorizations: narrowed(request.authorizations, handedOver),
      resources: parent.resources,
      authTime: parent.auth_time,
      amr: parent.amr,
      endsAt: new Date(Math.min(lineage.endsAtMs ?? Infinity, nowMs + LONGEST_MS)),
    },
    issuedTokenType: TOKEN_TYPES.accessToken,
  }
}

type ParentRow = {
  id: SessionId
  human_id: HumanId
  grant_id: GrantId | null
  authorization_details: ToolAuthorizations | null
  resources: string[]
  auth_time: Date | null
  amr: string[] | null
}

// Locked: ending it at the same moment comes before this, or ends the new session with it.
const livingSession = (
  { db, nowMs }: GrantRequest,
  { delegator, keyThumbprint }: Delegation,
): Promise<ParentRow | null> =>
  db.first<ParentRow>(
    `select id, human_id, grant_id, authorization_details, resources, auth_time, amr from writ.sessions
     where tenant_id = $1 and agent_id = $2 and key_thumbprint = $3 and ended_at is null and last_token_at > $4 for share`,
    [delegator, keyThumbprint, new Date(nowMs - TOKEN_LIFE_MS)],
  )

function requireNewActor(agent: AgentId, line: readonly AgentId[]): void {
  if (line.includes(agent)) throw invalid('the agent delegates already in this line')
  if (line.length >= MAX_ACTORS) throw invalid(`there may be ${MAX_ACTORS} agents in a line at most`)
}
