import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  SerializeOptions,
} from '@nestjs/common'
import {
  AccessGroupChange,
  AccessGroupId,
  AccessGroupView,
  ConnectionId,
  NewAccessGroup,
  pageOf,
  PolicyId,
} from '@writ/contracts'
import { z } from 'zod'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { AccessGroupsService } from './access-groups.service.ts'

/** Exactly these policies, or connections, for one group (replaces). */
const GroupPolicies = z.strictObject({ policies: z.array(PolicyId).max(500) })
type GroupPolicies = z.infer<typeof GroupPolicies>
const GroupConnections = z.strictObject({ connections: z.array(ConnectionId).max(500) })
type GroupConnections = z.infer<typeof GroupConnections>

@Controller('api/v1/access-groups')
@Access('groups.write')
export class AccessGroupsController {
  constructor(private readonly accessGroups: AccessGroupsService) {}

  @Get()
  @Access('groups.read')
  @SerializeOptions({ schema: pageOf(AccessGroupView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.accessGroups.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: AccessGroupView })
  create(@Db() db: TenantDb, @Body({ schema: NewAccessGroup }) group: NewAccessGroup) {
    return this.accessGroups.create(db, group)
  }

  @Get(':id')
  @Access('groups.read')
  @SerializeOptions({ schema: AccessGroupView })
  get(@Db() db: TenantDb, @Param('id', { schema: AccessGroupId }) id: AccessGroupId) {
    return this.accessGroups.get(db, id)
  }

  @Patch(':id')
  @SerializeOptions({ schema: AccessGroupView })
  change(
    @Db() db: TenantDb,
    @Param('id', { schema: AccessGroupId }) id: AccessGroupId,
    @Body({ schema: AccessGroupChange }) change: AccessGroupChange,
  ) {
    return this.accessGroups.change(db, id, change)
  }

  @Put(':id/policies')
  @Access('policies.write')
  @SerializeOptions({ schema: AccessGroupView })
  setPolicies(
    @Db() db: TenantDb,
    @Param('id', { schema: AccessGroupId }) id: AccessGroupId,
    @Body({ schema: GroupPolicies }) { policies }: GroupPolicies,
  ) {
    return this.accessGroups.setPolicies(db, id, policies)
  }

  @Put(':id/connections')
  @Access('connections.write')
  @SerializeOptions({ schema: AccessGroupView })
  setConnections(
    @Db() db: TenantDb,
    @Param('id', { schema: AccessGroupId }) id: AccessGroupId,
    @Body({ schema: GroupConnections }) { connections }: GroupConnections,
  ) {
    return this.accessGroups.setConnections(db, id, connections)
  }

  @Post(':id/suspend')
  @HttpCode(200)
  @SerializeOptions({ schema: AccessGroupView })
  suspend(@Db() db: TenantDb, @Param('id', { schema: AccessGroupId }) id: AccessGroupId) {
    return this.accessGroups.setSuspended(db, id, true)
  }

  @Post(':id/resume')
  @HttpCode(200)
  @SerializeOptions({ schema: AccessGroupView })
  resume(@Db() db: TenantDb, @Param('id', { schema: AccessGroupId }) id: AccessGroupId) {
    return this.accessGroups.setSuspended(db, id, false)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @Param('id', { schema: AccessGroupId }) id: AccessGroupId) {
    return this.accessGroups.remove(db, id)
  }
}
