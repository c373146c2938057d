import { Body, Controller, Get, Param, Post, SerializeOptions } from '@nestjs/common'
import { CreatedApiKey, CreatedTenant, NewApiKey, NewTenant, Slug, TenantView } from '@writ/contracts'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantsService } from './tenants.service.ts'

/** An operator makes owner keys only; the tenant's owner makes the rest. */
const NewOwnerKey = z
  .strictObject({ name: NewApiKey.shape.name.default('recovery'), role: z.literal('owner').default('owner') })
  .prefault({})
type NewOwnerKey = z.infer<typeof NewOwnerKey>

@Controller('api/v1')
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Get('tenant')
  @Access('auditor')
  @SerializeOptions({ schema: TenantView })
  view(@Db() db: TenantDb) {
    return this.tenants.view(db)
  }

  @Post('tenants')
  @Access('operator')
  @SerializeOptions({ schema: CreatedTenant })
  create(@Body({ schema: NewTenant }) tenant: NewTenant) {
    return this.tenants.create(tenant)
  }

  @Post('tenants/:slug/api-keys')
  @Access('operator')
  @SerializeOptions({ schema: CreatedApiKey })
  recover(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: NewOwnerKey }) { name }: NewOwnerKey,
  ) {
    return this.tenants.recover(slug, name)
  }
}
