import type { FedLedger } from '@writ/clickhouse'
import { createAuditLedger, removedLeaves } from '@writ/postgres'
import type { PlatformQueries, TenantScope } from '@writ/postgres'

/** The ledger in Postgres, as a feed reads it: page by page, each in a transaction of the tenant, and nothing is written. */
export function fedLedger(scope: TenantScope, platform: PlatformQueries): FedLedger {
  const ledger = createAuditLedger(scope)
  return {
    size: (tenant) => ledger.size(tenant),
    leaves: (tenant, range) => ledger.leaves(tenant, range),
    standing: () => platform.indexStanding(),
    removed: async (tenant) => {
      const all = { from: 0, to: Number.MAX_SAFE_INTEGER }
      const ranges = await scope.run(tenant, (manager) => removedLeaves(manager, all))
      return ranges.map(({ first, last }) => ({ from: first, to: last + 1 }))
    },
  }
}
