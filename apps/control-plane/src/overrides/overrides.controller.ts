import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { NewOverride, OverrideId, OverrideView, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { By } from '../tenancy/admission.ts'
import { AskedWith, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { OverridesService } from './overrides.service.ts'

@Controller('api/v1/overrides')
@Access('policies.write')
export class OverridesController {
  constructor(private readonly overrides: OverridesService) {}

  @Get()
  @Access('policies.read')
  @SerializeOptions({ schema: pageOf(OverrideView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.overrides.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: OverrideView })
  create(@Db() db: TenantDb, @AskedWith() by: By, @Body({ schema: NewOverride }) override: NewOverride) {
    return this.overrides.create(db, by.id, override)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @AskedWith() by: By, @Param('id', { schema: OverrideId }) id: OverrideId) {
    return this.overrides.remove(db, by.id, id)
  }
}
