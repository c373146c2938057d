import { Body, Controller, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import {
  AllToolsApproval,
  ConnectionId,
  pageOf,
  SeenDefinition,
  ToolApproval,
  ToolView,
} from '@writ/contracts'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'
import type { By } from '../tenancy/admission.ts'
import { AskedWith, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { ToolsQuery } from './tools-query.ts'
import { ToolsService } from './tools.service.ts'

const { kind: Kind, name: Name } = SeenDefinition.shape
type Kind = z.infer<typeof Kind>

@Controller('api/v1/connections/:id/tools')
@Access('tools.write')
export class ToolsController {
  constructor(private readonly tools: ToolsService) {}

  @Get()
  @Access('tools.read')
  @SerializeOptions({ schema: pageOf(ToolView) })
  list(
    @Db() db: TenantDb,
    @Param('id', { schema: ConnectionId }) id: ConnectionId,
    @Query({ schema: ToolsQuery }) query: ToolsQuery,
  ) {
    return this.tools.list(db, id, query)
  }

  @Post('approve-all')
  @HttpCode(200)
  @SerializeOptions({ schema: z.strictObject({ approved: z.int().nonnegative() }) })
  approveAll(
    @Db() db: TenantDb,
    @AskedWith() by: By,
    @Param('id', { schema: ConnectionId }) id: ConnectionId,
    @Body({ schema: AllToolsApproval }) { pins }: AllToolsApproval,
  ) {
    return this.tools.approveAll(db, id, { pins, by: by.id })
  }

  @Post(':kind/:name/approve')
  @HttpCode(200)
  @SerializeOptions({ schema: ToolView })
  // oxlint-disable-next-line max-params -- one parameter for each part of the request
  approve(
    @Db() db: TenantDb,
    @AskedWith() by: By,
    @Param('id', { schema: ConnectionId }) connection: ConnectionId,
    @Param('kind', { schema: Kind }) kind: Kind,
    @Param('name', { schema: Name }) name: string,
    @Body({ schema: ToolApproval }) { pin }: ToolApproval,
  ) {
    return this.tools.approve(db, { connection, kind, name }, { pin, by: by.id })
  }

  @Post(':kind/:name/withdraw')
  @HttpCode(200)
  @SerializeOptions({ schema: ToolView })
  withdraw(
    @Db() db: TenantDb,
    @Param('id', { schema: ConnectionId }) connection: ConnectionId,
    @Param('kind', { schema: Kind }) kind: Kind,
    @Param('name', { schema: Name }) name: string,
  ) {
    return this.tools.withdraw(db, { connection, kind, name })
  }
}
