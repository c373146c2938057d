import { Injectable } from '@nestjs/common'
import type { CreatedApiKey, CreatedTenant, NewTenant, TenantView } from '@writ/contracts'
import { ApiKeysService } from '../api-keys/api-keys.service.ts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { Newborn } from './newborn.ts'

@Injectable()
export class TenantsService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly apiKeys: ApiKeysService,
    private readonly newborn: Newborn,
  ) {}

  /** Everything that a tenant needs, in one transaction. A slug that is taken is a conflict. */
  create({ slug, name }: NewTenant): Promise<CreatedTenant> {
    const id = newId('ten', this.clock.nowMs())
    return this.tenancy.run({ id, slug }, async (db) => {
      await this.newborn.furnish(db, name)
      const ownerKey = await this.apiKeys.create(db, { name: 'owner', role: 'owner' })
      return { tenant: await this.view(db), ownerKey }
    })
  }

  async view(db: TenantDb): Promise<TenantView> {
    const row = await db.first<TenantView>(
      `select id, slug, name, bundle_version as "bundleVersion", default_group_id as "defaultGroup"
       from writ.tenants where id = $1`,
    )
    if (!row) throw new Error('an open tenant exists')
    return row
  }

  /** For an operator whose tenant has lost its owner key. */
  async recover(slug: string, name: string): Promise<CreatedApiKey> {
    const tenant = await this.tenancy.bySlug(slug)
    return this.tenancy.run(tenant, (db) => this.apiKeys.create(db, { name, role: 'owner' }))
  }
}
