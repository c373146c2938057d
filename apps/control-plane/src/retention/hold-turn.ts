import type { TenantDb } from '../tenancy/tenant-db.ts'

/**
 * Until the end of the transaction nobody else of the tenant places a hold, removes records or erases a human. A statement does not see a
 * hold that is not committed yet; so what could pass a hold by waits for it, and a hold that was answered holds.
 */
export const takeHoldTurn = (db: TenantDb): Promise<unknown> =>
  db.rows(`select pg_advisory_xact_lock(hashtext('writ.holds'), hashtext($1))`)
