import { Injectable } from '@nestjs/common'
import type { TenantId } from '@writ/contracts'
import { PlatformQueries, TenantScope } from '@writ/postgres'
import { notFound } from '../http/problem.ts'
import type { Tenant } from './admission.ts'
import { TenantDb } from './tenant-db.ts'

/** Opens the transaction of a tenant. The only file that does. */
@Injectable()
export class Tenancy {
  constructor(
    private readonly scope: TenantScope,
    private readonly platform: PlatformQueries,
  ) {}

  run<T>(tenant: Tenant, work: (db: TenantDb) => Promise<T>): Promise<T> {
    return this.scope.run(tenant.id, (manager) => work(new TenantDb(tenant, manager)))
  }

  /** For a tenant that is proven by its id only. */
  runById<T>(id: TenantId, work: (db: TenantDb) => Promise<T>): Promise<T> {
    return this.scope.run(id, async (manager) => {
      const [row]: { slug: string }[] = await manager.query('select slug from writ.tenants where id = $1', [
        id,
      ])
      if (!row) throw notFound()
      return work(new TenantDb({ id, slug: row.slug }, manager))
    })
  }

  /** @throws a 404 problem when there is no such tenant */
  async bySlug(slug: string): Promise<Tenant> {
    const tenant = await this.platform.tenantBySlug(slug)
    if (!tenant) throw notFound()
    return { id: tenant.id, slug: tenant.slug }
  }
}
