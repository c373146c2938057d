import type { AgentId, GrantId, HumanId, SessionId, ToolAuthorizations } from '@writ/contracts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { AuthenticAgent } from './authenticate-agent.ts'
import { OAuthError } from './oauth-error.ts'

/** Longer than any access token lives (300 s). */
const LIVE_MS = 600_000
const MOST_LIVE = 100

/** For whom a session acts, and within what bounds. */
export type Beginning = {
  readonly human: HumanId
  /** the session that delegated to it */
  readonly parent: SessionId | null
  /** the consent that it rests on, where the human is not the agent's owner */
  readonly grant: GrantId | null
  readonly authorizations: ToolAuthorizations | null
  /** resources that its tokens are bound to (RFC 8707 §2.2); empty: none in particular */
  readonly resources: readonly string[]
  /** when and how the human signed in for it */
  readonly authTime: Date | null
  readonly amr: readonly string[] | null
  readonly endsAt: Date | null
}

export type Session = Beginning & { readonly id: SessionId }

/** The session of an agent with this session key; a token of it is issued now. @throws OAuthError where it was ended: its key is used up then */
export async function continuedSession(
  db: TenantDb,
  agent: AgentId,
  keyThumbprint: string,
  nowMs: number,
): Promise<Session | null> {
  const row = await db.first<SessionRow>(
    `update writ.sessions set last_token_at = $4 where tenant_id = $1 and agent_id = $2 and key_thumbprint = $3
     returning ${COLUMNS}, ended_at`,
    [agent, keyThumbprint, new Date(nowMs)],
  )
  if (row?.ended_at) throw over()
  return row && sessionOf(row)
}

export const over = (): OAuthError =>
  new OAuthError('invalid_grant', 'the session was ended; a new one needs a new key')

/** The row of the agent is locked by whoever calls: its sessions begin one after the other. @throws OAuthError */
export async function beginSession(
  db: TenantDb,
  agent: AuthenticAgent,
  keyThumbprint: string,
  { beginning, nowMs }: { readonly beginning: Beginning; readonly nowMs: number },
): Promise<Session> {
  await requireFreshKey(db, keyThumbprint)
  await requireRoom(db, agent.id, nowMs)
  const id = newId('ses', nowMs)
  const { authorizations } = beginning
  await db.insert('sessions', {
    id,
    agent_id: agent.id,
    human_id: beginning.human,
    key_thumbprint: keyThumbprint,
    parent_session_id: beginning.parent,
    grant_id: beginning.grant,
    authorization_details: authorizations && JSON.stringify(authorizations),
    resources: beginning.resources,
    auth_time: beginning.authTime,
    amr: beginning.amr,
    ends_at: beginning.endsAt,
    created_at: new Date(nowMs),
    last_token_at: new Date(nowMs),
  })
  return { ...beginning, id }
}

// Two agents that present one key at the same moment take turns.
async function requireFreshKey(db: TenantDb, keyThumbprint: string): Promise<void> {
  await db.rows(`select pg_advisory_xact_lock(hashtextextended($1::text || $2::text, 0))`, [keyThumbprint])
  const used = await db.first(
    `select 1 from writ.sessions where tenant_id = $1 and key_thumbprint = $2
     union all select 1 from writ.identity_keys where tenant_id = $1 and thumbprint = $2 limit 1`,
    [keyThumbprint],
  )
  if (used) throw new OAuthError('invalid_grant', 'the session key is in use; a new session needs a new key')
}

async function requireRoom(db: TenantDb, agent: AgentId, nowMs: number): Promise<void> {
  // A session that policy or an admin ended counts as long as it stands in the bundle: ending them makes no room for more.
  const live = await db.first<{ count: number }>(
    `select count(*)::int as count from writ.sessions where tenant_id = $1 and agent_id = $2
       and (ended_at is null or ended_reason is not null) and last_token_at > $3`,
    [agent, new Date(nowMs - LIVE_MS)],
  )
  if ((live?.count ?? 0) < MOST_LIVE) return
  throw new OAuthError('slow_down', `the agent has ${MOST_LIVE} live sessions; use one of their keys`, {
    'retry-after': String(LIVE_MS / 1000),
  })
}

type SessionRow = {
  id: SessionId
  human_id: HumanId
  parent_session_id: SessionId | null
  grant_id: GrantId | null
  authorization_details: ToolAuthorizations | null
  resources: string[]
  auth_time: Date | null
  amr: string[] | null
  ends_at: Date | null
  ended_at: Date | null
}

const COLUMNS = `id, human_id, parent_session_id, grant_id, authorization_details, resources, auth_time, amr, ends_at`

const sessionOf = (row: SessionRow): Session => ({
  id: row.id,
  human: row.human_id,
  parent: row.parent_session_id,
  grant: row.grant_id,
  authorizations: row.authorization_details,
  resources: row.resources,
  authTime: row.auth_time,
  amr: row.amr,
  endsAt: row.ends_at,
})
