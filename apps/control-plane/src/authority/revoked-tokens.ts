import type { AgentId, HumanId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** No token lives longer: a revoked one is forgotten then. */
export const TOKEN_LIFE_MS = 300_000

/** Revokes one token by its `jti`; the caller mints the bundle that tells the gateways. */
export async function revokeToken(
  db: TenantDb,
  {
    jti,
    agent,
    expiresAt,
  }: { readonly jti: string; readonly agent: AgentId | null; readonly expiresAt: Date },
  nowMs: number,
): Promise<void> {
  await db.rows('delete from writ.revoked_tokens where tenant_id = $1 and expires_at < $2', [new Date(nowMs)])
  await db.insert('revoked_tokens', { jti, agent_id: agent, expires_at: expiresAt }, 'on conflict do nothing')
}

/** How many tokens of an agent stand in the bundle one by one; null: those that were named by hand. */
export async function revokedTokensOf(db: TenantDb, agent: AgentId | null, nowMs: number): Promise<number> {
  const row = await db.first<{ count: number }>(
    `select count(*)::int as count from writ.revoked_tokens
     where tenant_id = $1 and agent_id is not distinct from $2 and expires_at > $3`,
    [agent, new Date(nowMs)],
  )
  return row?.count ?? 0
}

/** The same of all agents of a human. */
export async function revokedTokensOfOwner(db: TenantDb, owner: HumanId, nowMs: number): Promise<number> {
  const row = await db.first<{ count: number }>(
    `select count(*)::int as count from writ.revoked_tokens r join writ.agents a on a.tenant_id = r.tenant_id and a.id = r.agent_id
     where r.tenant_id = $1 and a.human_id = $2 and r.expires_at > $3`,
    [owner, new Date(nowMs)],
  )
  return row?.count ?? 0
}
