import { Body, Controller, Get, Patch, SerializeOptions } from '@nestjs/common'
import { BundleHooks, HooksChange } from '@writ/contracts'
import { Recorded } from '../administration/recorded.ts'
import { Mint } from '../bundles/mint.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { changeHooks, hooksOf } from './hooks.ts'

/** How the devices of the tenant of whoever asks act. */
@Controller('api/v1/tenant/hooks')
@Access('policies.write')
export class HooksController {
  constructor(private readonly mint: Mint) {}

  @Get()
  @Access('tenant.read')
  @SerializeOptions({ schema: BundleHooks })
  view(@Db() db: TenantDb) {
    return hooksOf(db)
  }

  @Patch()
  @Recorded('view')
  @SerializeOptions({ schema: BundleHooks })
  async change(@Db() db: TenantDb, @Body({ schema: HooksChange }) change: HooksChange) {
    const hooks = await changeHooks(db, change)
    await this.mint.mint(db)
    return hooks
  }
}
