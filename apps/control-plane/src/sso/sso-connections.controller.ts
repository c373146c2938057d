import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  SerializeOptions,
} from '@nestjs/common'
import {
  NewSsoConnection,
  pageOf,
  SsoConnectionChange,
  SsoConnectionId,
  SsoConnectionView,
} from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { SsoConnectionsService } from './sso-connections.service.ts'

@Controller('api/v1/sso-connections')
@Access('sso.write')
export class SsoConnectionsController {
  constructor(private readonly connections: SsoConnectionsService) {}

  @Get()
  @Access('sso.read')
  @SerializeOptions({ schema: pageOf(SsoConnectionView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.connections.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: SsoConnectionView })
  create(@Db() db: TenantDb, @Body({ schema: NewSsoConnection }) asked: NewSsoConnection) {
    return this.connections.create(db, asked)
  }

  @Get(':id')
  @Access('sso.read')
  @SerializeOptions({ schema: SsoConnectionView })
  get(@Db() db: TenantDb, @Param('id', { schema: SsoConnectionId }) id: SsoConnectionId) {
    return this.connections.get(db, id)
  }

  @Patch(':id')
  @SerializeOptions({ schema: SsoConnectionView })
  change(
    @Db() db: TenantDb,
    @Param('id', { schema: SsoConnectionId }) id: SsoConnectionId,
    @Body({ schema: SsoConnectionChange }) change: SsoConnectionChange,
  ) {
    return this.connections.change(db, id, change)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @Param('id', { schema: SsoConnectionId }) id: SsoConnectionId) {
    return this.connections.remove(db, id)
  }
}
