import { Injectable } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import { Mint } from '../bundles/mint.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { tenantView } from './tenant-view.ts'

const TENANTS_AT_ONCE = 200

/**
 * Tells the enforcement points of a tenant when the ledger keeps as many records as it may, and when it may keep more. What was done by
 * then is kept all the same: the limit bounds what begins, never what is recorded of it.
 */
@Injectable()
export class RecordsKept {
  constructor(
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly mint: Mint,
    private readonly administrations: Administrations,
  ) {}

  /**
   * Every tenant whose bundle says something else than the size of its log.
   * @returns whether there may be more
   * @throws the first failure, once all the others were looked after
   */
  async settlePending(): Promise<boolean> {
    const tenants = await this.platform.unsettledRecords(TENANTS_AT_ONCE)
    const failures: unknown[] = []
    for (const tenant of tenants)
      await this.tenancy.run(tenant, (db) => this.#settle(db)).catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
    return tenants.length === TENANTS_AT_ONCE
  }

  /** Of the open tenant, before its next bundle is minted. @returns whether anything changed */
  async mark(db: TenantDb): Promise<boolean> {
    const changed = await db.first(
      `update writ.tenants set records_full = not records_full
       where id = $1 and deleted_at is null
         and records_full <> (coalesce((select size - removed from writ.tenant_logs where tenant_id = $1), 0) >= max_records) returning id`,
    )
    return changed !== null
  }

  async #settle(db: TenantDb): Promise<void> {
    const before = await tenantView(db)
    if (!(await this.mark(db))) return
    await this.mint.mint(db)
    await this.administrations.record(db, {
      permission: 'platform',
      route: 'limit of records',
      by: { kind: 'platform', id: 'records', name: 'limit of records' },
      target: db.tenant.id,
      before: null,
      after: { limit: before.limits.records, ...before.records },
    })
  }
}
