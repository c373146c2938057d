import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { ApiKeyId, ApiKeyView, CreatedApiKey, NewApiKey, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { ApiKeysService } from './api-keys.service.ts'

@Controller('api/v1/api-keys')
@Access('keys.write')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Get()
  @Access('keys.read')
  @SerializeOptions({ schema: pageOf(ApiKeyView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.apiKeys.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: CreatedApiKey })
  create(
    @Db() db: TenantDb,
    @Admitted() { maker, human }: Admission,
    @Body({ schema: NewApiKey }) apiKey: NewApiKey,
  ) {
    return this.apiKeys.create(db, apiKey, maker ?? human)
  }

  @Get(':id')
  @Access('keys.read')
  @SerializeOptions({ schema: ApiKeyView })
  get(@Db() db: TenantDb, @Param('id', { schema: ApiKeyId }) id: string) {
    return this.apiKeys.get(db, id)
  }

  @Delete(':id')
  @HttpCode(204)
  revoke(@Db() db: TenantDb, @Param('id', { schema: ApiKeyId }) id: string) {
    return this.apiKeys.revoke(db, id)
  }
}
