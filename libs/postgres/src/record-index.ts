import type { AuditIndex, AuditLedger, StoredLeaf } from '@writ/audit'
import type { TenantId } from '@writ/contracts'
import { ingestBatch, nextSeqOf } from './ledger.ts'
import { countRecords } from './record-counts.ts'
import { leavesAt, searchLeaves } from './record-search.ts'
import type { TenantScope } from './tenant-scope.ts'

const LEAVES_AT_ONCE = 500

/** The ledger in Postgres. */
export const createAuditLedger = (scope: TenantScope): AuditLedger => ({
  append: (opened) => ingestBatch(scope, opened),
  watermark: (tenant, stream) => nextSeqOf(scope, { tenant, stream }),
  size: (tenant) => sizeOf(scope, tenant),
  leaves: (tenant, range) => leavesBetween(scope, tenant, range),
})

/**
 * The index in Postgres: written by the transaction that appends to the ledger, so that there is nothing to load, and it answers for every
 * leaf that the log counts.
 */
export const createAuditIndex = (scope: TenantScope): AuditIndex => ({
  load: (tenant, leaves) =>
    scope.run(tenant, async (manager) => {
      const stored = await leavesAt(
        manager,
        leaves.map(({ leafIndex }) => leafIndex),
      )
      if (stored.length < leaves.length) throw new Error('the ledger does not have these leaves')
    }),
  loadedTo: (tenant) => sizeOf(scope, tenant),
  page: (tenant, query) => scope.run(tenant, (manager) => searchLeaves(manager, query)),
  counts: (tenant, query) => scope.run(tenant, (manager) => countRecords(manager, query)),
})

const sizeOf = (scope: TenantScope, tenant: TenantId): Promise<number> =>
  scope.run(tenant, async (manager) => {
    const [row] = await manager.query(
      'select size::float8 as size from writ.tenant_logs where tenant_id = app.tid()',
    )
    return row?.size ?? 0
  })

async function* leavesBetween(
  scope: TenantScope,
  tenant: TenantId,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncIterable<StoredLeaf> {
  for (let next = from; next < to;) {
    const leaves: StoredLeaf[] = await scope.run(tenant, (manager) =>
      manager.query(LEAVES, [next, to, LEAVES_AT_ONCE]),
    )
    yield* leaves
    const last = leaves.at(-1)
    if (last === undefined || leaves.length < LEAVES_AT_ONCE) return
    next = last.leafIndex + 1
  }
}

const LEAVES = `
  select leaf_index::float8 as "leafIndex", bytes, ingested_at as "ingestedAt" from writ.records
   where tenant_id = app.tid() and leaf_index >= $1::bigint and leaf_index < $2::bigint order by leaf_index limit $3`
