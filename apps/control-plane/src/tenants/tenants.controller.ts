import { Body, Controller, Delete, HttpCode, Param, Patch, Post, Put, SerializeOptions } from '@nestjs/common'
import {
  CreatedApiKey,
  CreatedTenant,
  DeletedTenant,
  NewApiKey,
  NewTenant,
  Slug,
  TenantLimitsChange,
  TenantView,
  UpstreamNetworks,
} from '@writ/contracts'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'
import { TenantLifeService } from './tenant-life.service.ts'
import { TenantsService } from './tenants.service.ts'

/** An operator makes owner keys only; the tenant's owner makes the rest. */
const NewOwnerKey = z
  .strictObject({ name: NewApiKey.shape.name.default('recovery'), role: z.literal('owner').default('owner') })
  .prefault({})
type NewOwnerKey = z.infer<typeof NewOwnerKey>

/** What the operator of the platform may do: make, limit, stop and end tenants. It reads nothing that is in one. */
@Controller('api/v1/tenants')
@Access('operator')
export class TenantsController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly life: TenantLifeService,
  ) {}

  @Post()
  @SerializeOptions({ schema: CreatedTenant })
  create(@Body({ schema: NewTenant }) tenant: NewTenant) {
    return this.tenants.create(tenant)
  }

  @Post(':slug/api-keys')
  @SerializeOptions({ schema: CreatedApiKey })
  recover(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: NewOwnerKey }) { name }: NewOwnerKey,
  ) {
    return this.tenants.recover(slug, name)
  }

  @Patch(':slug/limits')
  @SerializeOptions({ schema: TenantView })
  limit(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: TenantLimitsChange }) limits: TenantLimitsChange,
  ) {
    return this.tenants.limit(slug, limits)
  }

  /** Private networks in which the upstreams of the tenant may be, instead of those of before. */
  @Put(':slug/upstream-networks')
  @SerializeOptions({ schema: TenantView })
  allowNetworks(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: UpstreamNetworks }) { networks }: UpstreamNetworks,
  ) {
    return this.tenants.allowNetworks(slug, networks)
  }

  @Post(':slug/suspend')
  @HttpCode(200)
  @SerializeOptions({ schema: TenantView })
  suspend(@Param('slug', { schema: Slug }) slug: string) {
    return this.life.suspendFor(slug)
  }

  @Post(':slug/resume')
  @HttpCode(200)
  @SerializeOptions({ schema: TenantView })
  resume(@Param('slug', { schema: Slug }) slug: string) {
    return this.life.resumeFor(slug)
  }

  @Delete(':slug')
  @SerializeOptions({ schema: DeletedTenant })
  remove(@Param('slug', { schema: Slug }) slug: string) {
    return this.life.deleteFor(slug)
  }
}
