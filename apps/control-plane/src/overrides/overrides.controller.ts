import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { NewOverride, OverrideId, OverrideView, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { AskedWith, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { OverridesService } from './overrides.service.ts'

@Controller('api/v1/overrides')
@Access('admin')
export class OverridesController {
  constructor(private readonly overrides: OverridesService) {}

  @Get()
  @Access('auditor')
  @SerializeOptions({ schema: pageOf(OverrideView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.overrides.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: OverrideView })
  create(
    @Db() db: TenantDb,
    @AskedWith() apiKey: string,
    @Body({ schema: NewOverride }) override: NewOverride,
  ) {
    return this.overrides.create(db, apiKey, override)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(
    @Db() db: TenantDb,
    @AskedWith() apiKey: string,
    @Param('id', { schema: OverrideId }) id: OverrideId,
  ) {
    return this.overrides.remove(db, apiKey, id)
  }
}
