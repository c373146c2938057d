import type { AgentId, HumanId, SessionId } from '@writ/contracts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/**
 * The session of an agent with this session key; begins it at the first token.
 * @returns null when it was ended: the key is used up then
 */
export async function continueSession(
  db: TenantDb,
  agent: { readonly id: AgentId; readonly human: HumanId },
  keyThumbprint: string,
  nowMs: number,
): Promise<SessionId | null> {
  const row = await db.first<{ id: SessionId; ended_at: Date | null }>(
    `insert into writ.sessions (tenant_id, id, agent_id, human_id, key_thumbprint, created_at, last_token_at)
     values ($1, $2, $3, $4, $5, $6, $6)
     on conflict (tenant_id, agent_id, key_thumbprint) do update set last_token_at = excluded.last_token_at
     returning id, ended_at`,
    [newId('ses', nowMs), agent.id, agent.human, keyThumbprint, new Date(nowMs)],
  )
  return row && row.ended_at === null ? row.id : null
}
