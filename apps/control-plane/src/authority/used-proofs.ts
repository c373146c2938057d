import type { ReplayGuard } from '@writ/identity'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/**
 * The memory of what is good once, in the open transaction: a request that is refused later has not used anything up.
 * Two requests with the same key meet at the primary key, and the second waits for the end of the first.
 */
export const replayGuardOf = (db: TenantDb): ReplayGuard => ({
  firstSeen: async (key, untilMs) => {
    const row = await db.first<{ first: boolean }>(REMEMBER, [key, new Date(untilMs)])
    return row?.first ? 'first' : 'seen'
  },
})

// Nothing is kept for a tenant that does not exist: there everything is new, and nothing is found afterwards.
const REMEMBER = `
  with known as (select id from writ.tenants where id = $1),
    kept as (
      insert into writ.used_proofs (tenant_id, key, expires_at) select id, $2, $3 from known on conflict do nothing returning key
    )
  select exists (select from kept) or not exists (select from known) as first`

/** Forgets what can no longer be accepted anyway. */
export async function forgetExpired(db: TenantDb, nowMs: number): Promise<void> {
  await db.rows('delete from writ.used_proofs where tenant_id = $1 and expires_at < $2', [new Date(nowMs)])
}
