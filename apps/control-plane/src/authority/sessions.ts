import type { AgentId, HumanId, SessionId } from '@writ/contracts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { OAuthError } from './oauth-error.ts'

/** Longer than any access token lives (300 s). */
const LIVE_MS = 600_000
const MOST_LIVE = 100

/**
 * The session of an agent with this session key; begins it at the first token.
 * @returns null when it was ended: the key is used up then
 * @throws OAuthError slow_down when the agent has too many other sessions that got a token lately
 */
export async function continueSession(
  db: TenantDb,
  agent: { readonly id: AgentId; readonly human: HumanId },
  keyThumbprint: string,
  nowMs: number,
): Promise<SessionId | null> {
  await requireRoom(db, agent.id, keyThumbprint, nowMs)
  const row = await db.first<{ id: SessionId; ended_at: Date | null }>(
    `insert into writ.sessions (tenant_id, id, agent_id, human_id, key_thumbprint, created_at, last_token_at)
     values ($1, $2, $3, $4, $5, $6, $6)
     on conflict (tenant_id, agent_id, key_thumbprint) do update set last_token_at = excluded.last_token_at
     returning id, ended_at`,
    [newId('ses', nowMs), agent.id, agent.human, keyThumbprint, new Date(nowMs)],
  )
  return row && row.ended_at === null ? row.id : null
}

async function requireRoom(
  db: TenantDb,
  agent: AgentId,
  keyThumbprint: string,
  nowMs: number,
): Promise<void> {
  // A session that policy or an admin ended counts as long as it stands in the bundle: ending them makes no room for more.
  // Requests of one agent take turns here: of many at once, each counts those before it.
  await db.rows('select pg_advisory_xact_lock(hashtextextended($1::text || $2::text, 0))', [agent])
  const others = await db.first<{ count: number }>(
    `select count(*)::int as count from writ.sessions where tenant_id = $1 and agent_id = $2 and key_thumbprint <> $3
       and (ended_at is null or ended_reason is not null) and last_token_at > $4`,
    [agent, keyThumbprint, new Date(nowMs - LIVE_MS)],
  )
  if ((others?.count ?? 0) < MOST_LIVE) return
  throw new OAuthError('slow_down', `the agent has ${MOST_LIVE} live sessions; use one of their keys`, {
    'retry-after': String(LIVE_MS / 1000),
  })
}
