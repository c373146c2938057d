import { Body, Controller, Delete, HttpCode, Param, Post } from '@nestjs/common'
import { SessionEnd, SessionId } from '@writ/contracts'
import type { NodeRow } from '@writ/postgres'
import { Access } from '../tenancy/access.ts'
import { AskedWith, Db, SignedBy } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { SessionsService } from './sessions.service.ts'

@Controller()
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Delete('api/v1/sessions/:id')
  @HttpCode(204)
  @Access('admin')
  remove(@Db() db: TenantDb, @AskedWith() apiKey: string, @Param('id', { schema: SessionId }) id: SessionId) {
    return this.sessions.end(db, id, { by: apiKey, reason: 'ended by an admin' })
  }

  @Post('internal/v1/sessions/:id/end')
  @HttpCode(204)
  @Access('node')
  end(
    @SignedBy() node: NodeRow,
    @Param('id', { schema: SessionId }) id: SessionId,
    @Body({ schema: SessionEnd }) end: SessionEnd,
  ) {
    return this.sessions.endFor(node.id, id, end)
  }
}
