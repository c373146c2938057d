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
import { ConnectionChange, ConnectionId, ConnectionView, NewConnection, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { ConnectionsService } from './connections.service.ts'

@Controller('api/v1/connections')
@Access('connections.write')
export class ConnectionsController {
  constructor(private readonly connections: ConnectionsService) {}

  @Get()
  @Access('connections.read')
  @SerializeOptions({ schema: pageOf(ConnectionView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.connections.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: ConnectionView })
  create(@Db() db: TenantDb, @Body({ schema: NewConnection }) connection: NewConnection) {
    return this.connections.create(db, connection)
  }

  @Get(':id')
  @Access('connections.read')
  @SerializeOptions({ schema: ConnectionView })
  get(@Db() db: TenantDb, @Param('id', { schema: ConnectionId }) id: ConnectionId) {
    return this.connections.get(db, id)
  }

  @Patch(':id')
  @SerializeOptions({ schema: ConnectionView })
  change(
    @Db() db: TenantDb,
    @Param('id', { schema: ConnectionId }) id: ConnectionId,
    @Body({ schema: ConnectionChange }) change: ConnectionChange,
  ) {
    return this.connections.change(db, id, change)
  }

  /** From now on it answers agents like one that does not exist. */
  @Post(':id/suspend')
  @HttpCode(200)
  @SerializeOptions({ schema: ConnectionView })
  suspend(@Db() db: TenantDb, @Param('id', { schema: ConnectionId }) id: ConnectionId) {
    return this.connections.suspend(db, id, true)
  }

  @Post(':id/resume')
  @HttpCode(200)
  @SerializeOptions({ schema: ConnectionView })
  resume(@Db() db: TenantDb, @Param('id', { schema: ConnectionId }) id: ConnectionId) {
    return this.connections.suspend(db, id, false)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @Param('id', { schema: ConnectionId }) id: ConnectionId) {
    return this.connections.remove(db, id)
  }
}
