import type { ReplayGuard } from '@writ/identity'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/**
 * The memory of what is good once, in the open transaction: a request that is refused later has not used anything up.
 * Two requests with the same key meet at the primary key, and the second waits for the end of the first.
 */
export const replayGuardOf = (db: TenantDb): ReplayGuard => ({
  firstSeen: async (key, untilMs) => {
    const row = await db.first(
      `insert into writ.used_proofs (tenant_id, key, expires_at) values ($1, $2, $3)
       on conflict do nothing returning key`,
      [key, new Date(untilMs)],
    )
    return row ? 'first' : 'seen'
  },
})

/** Forgets what can no longer be accepted anyway. */
export async function forgetExpired(db: TenantDb, nowMs: number): Promise<void> {
  await db.rows('delete from writ.used_proofs where tenant_id = $1 and expires_at < $2', [new Date(nowMs)])
}
