import { Injectable } from '@nestjs/common'
import type { TenantId } from '@writ/contracts'
import { PlatformQueries, TenantScope } from '@writ/postgres'
import { notFound } from '../http/problem.ts'
import type { Tenant } from './admission.ts'
import { Phantoms } from './phantoms.ts'
import { TenantDb } from './tenant-db.ts'

/** Opens the transaction of a tenant. The only file that does. */
@Injectable()
export class Tenancy {
  constructor(
    private readonly scope: TenantScope,
    private readonly platform: PlatformQueries,
    private readonly phantoms: Phantoms,
  ) {}

  run<T>(tenant: Tenant, work: (db: TenantDb) => Promise<T>): Promise<T> {
    return this.scope.run(tenant.id, (manager) => work(new TenantDb(tenant, manager)))
  }

  /** For a tenant that is proven by its id only. @throws a 404 problem when there is no such tenant (any more) */
  runById<T>(id: TenantId, work: (db: TenantDb, isSuspended: boolean) => Promise<T>): Promise<T> {
    return this.scope.run(id, async (manager) => {
      const [row]: TenantState[] = await manager.query(
        'select slug, suspended_at is not null as "isSuspended" from writ.tenants where id = $1 and deleted_at is null',
        [id],
      )
      if (!row) throw notFound()
      return work(new TenantDb({ id, slug: row.slug }, manager), row.isSuspended)
    })
  }

  /** Also one that is suspended. @throws a 404 problem when there is no such tenant */
  async bySlug(slug: string): Promise<Tenant> {
    const tenant = await this.platform.tenantBySlug(slug)
    if (!tenant) throw notFound()
    return { id: tenant.id, slug: tenant.slug }
  }

  /** For whatever works for agents. @throws a 404 problem when there is no such tenant, or it is suspended */
  async activeBySlug(slug: string): Promise<Tenant> {
    const tenant = await this.#active(slug)
    if (!tenant) throw notFound()
    return tenant
  }

  /**
   * For what answers to strangers: a tenant that does not exist, or is suspended, is one in which nothing is found. What works in it may
   * read, and write what is good once; nothing is kept.
   */
  async activeOrPhantom(slug: string): Promise<Tenant> {
    return (await this.#active(slug)) ?? this.phantoms.of(slug)
  }

  async #active(slug: string): Promise<Tenant | null> {
    const tenant = await this.platform.tenantBySlug(slug)
    return !tenant || tenant.isSuspended ? null : { id: tenant.id, slug: tenant.slug }
  }
}

type TenantState = { readonly slug: string; readonly isSuspended: boolean }
