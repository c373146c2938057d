import { Body, Controller, Delete, Get, HttpCode, Put, SerializeOptions } from '@nestjs/common'
import { PackageIntelligence, PackagesView } from '@writ/contracts'
import { Recorded } from '../administration/recorded.ts'
import { Access } from '../tenancy/access.ts'
import type { By } from '../tenancy/admission.ts'
import { AskedWith, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { PackagesService } from './packages.service.ts'

/** What the devices of the tenant of whoever asks know of packages. */
@Controller('api/v1/tenant/packages')
@Access('policies.write')
export class PackagesController {
  constructor(private readonly packages: PackagesService) {}

  @Get()
  @Access('tenant.read')
  @SerializeOptions({ schema: PackagesView })
  view(@Db() db: TenantDb) {
    return this.packages.view(db)
  }

  @Put()
  @Recorded('view')
  @SerializeOptions({ schema: PackagesView })
  set(
    @Db() db: TenantDb,
    @AskedWith() by: By,
    @Body({ schema: PackageIntelligence }) packages: PackageIntelligence,
  ) {
    return this.packages.set(db, packages, by.id)
  }

  @Delete()
  @HttpCode(204)
  @Recorded('view')
  remove(@Db() db: TenantDb) {
    return this.packages.remove(db)
  }
}
