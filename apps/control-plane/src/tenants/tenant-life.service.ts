import { Injectable } from '@nestjs/common'
import type { DeletedTenant, TenantView } from '@writ/contracts'
import { announceBundle, mintBundleVersion } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import { COMMIT_CHANNEL } from '../bundles/commit-watch.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { badRequest, conflict, forbidden } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { OPERATOR, SLUG_RESERVED_MS } from './operator.ts'
import { tenantView } from './tenant-view.ts'

type Suspender = 'owner' | 'operator'

/** Stops a tenant, lets it go on, and ends it. */
@Injectable()
export class TenantLifeService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
    private readonly tenancy: Tenancy,
    private readonly administrations: Administrations,
  ) {}

  /** The kill switch: nothing is mediated any more, and every token is over, also after it is resumed. */
  async suspend(db: TenantDb, by: Suspender): Promise<TenantView> {
    await db.rows(
      `update writ.tenants set suspended_at = coalesce(suspended_at, $2), epoch = epoch + 1,
         suspended_by = case when suspended_by = 'operator' then suspended_by else $3 end where id = $1`,
      [new Date(this.clock.nowMs()), by],
    )
    await this.mint.mint(db)
    return tenantView(db)
  }

  /** @throws 403 where the operator suspended it and somebody else wants to resume it */
  async resume(db: TenantDb, by: Suspender): Promise<TenantView> {
    const { suspended } = await tenantView(db)
    if (suspended?.by === 'operator' && by !== 'operator')
      throw forbidden('the operator of the platform suspended this tenant')
    await db.rows('update writ.tenants set suspended_at = null, suspended_by = null where id = $1')
    await this.mint.mint(db)
    return tenantView(db)
  }

  /** Every access token and every session of an agent is over; agents that still count begin anew. */
  async revokeAll(db: TenantDb): Promise<TenantView> {
    const now = new Date(this.clock.nowMs())
    await db.rows('update writ.tenants set epoch = epoch + 1, revoked_all_at = $2 where id = $1', [now])
    await db.rows('update writ.sessions set ended_at = $2 where tenant_id = $1 and ended_at is null', [now])
    await this.mint.mint(db)
    return tenantView(db)
  }

  /** The same by the operator, who is let in to no tenant: it is recorded in the tenant's audit all the same. */
  suspendFor(slug: string): Promise<TenantView> {
    return this.#asOperator('POST /api/v1/tenants/{slug}/suspend', slug, (db) => this.suspend(db, 'operator'))
  }

  resumeFor(slug: string): Promise<TenantView> {
    return this.#asOperator('POST /api/v1/tenants/{slug}/resume', slug, (db) => this.resume(db, 'operator'))
  }

  deleteFor(slug: string): Promise<DeletedTenant> {
    return this.#asOperator('DELETE /api/v1/tenants/{slug}', slug, (db) => this.delete(db, slug))
  }

  /**
   * For good, and only what is suspended. Its data keys are gone, so what was sealed for it does not open again, save from a backup
   * that holds them and with the master key. Its rows are gone but for the records and the event that says who did it.
   * @throws 400 where another slug is named, 409 where it is not suspended
   */
  async delete(db: TenantDb, slug: string): Promise<DeletedTenant> {
    if (slug !== db.tenant.slug) throw badRequest('slug: it is not the slug of this tenant')
    const before = await tenantView(db)
    if (before.suspended === null) throw conflict('only a suspended tenant is deleted: suspend it first')
    const deletedAt = new Date(this.clock.nowMs())
    const recordsKept = await eraseTenant(db, deletedAt)
    return {
      id: before.id,
      slug: before.slug,
      deletedAt: deletedAt.toISOString(),
      slugReservedUntil: new Date(deletedAt.getTime() + SLUG_RESERVED_MS).toISOString(),
      recordsKept,
    }
  }

  async #asOperator<View>(
    route: string,
    slug: string,
    change: (db: TenantDb) => Promise<View>,
  ): Promise<View> {
    return this.tenancy.run(await this.tenancy.bySlug(slug), async (db) => {
      const before = await tenantView(db)
      const after = await change(db)
      await this.administrations.record(db, { ...OPERATOR, route, target: db.tenant.id, before, after })
      return after
    })
  }
}

/** @returns how many records stay */
async function eraseTenant({ manager, tenant }: TenantDb, at: Date): Promise<number> {
  const version = await mintBundleVersion(manager)
  const [kept]: { records: number }[] = await manager.query(
    'select app.erase_tenant($1)::float8 as records',
    [at],
  )
  // A version without a bundle: whoever looks for it finds that there is no such tenant.
  await announceBundle(manager, { tenantId: tenant.id, slug: tenant.slug, version })
  await manager.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, tenant.slug])
  return kept?.records ?? 0
}
