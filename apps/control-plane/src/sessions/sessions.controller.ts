import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { pageOf, SessionEnd, SessionId, SessionView } from '@writ/contracts'
import type { NodeRow } from '@writ/postgres'
import { Recorded } from '../administration/recorded.ts'
import { ownerBound } from '../agents/owner-bound.ts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db, SignedBy } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { SessionsService } from './sessions.service.ts'

@Controller()
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get('api/v1/sessions')
  @Access('sessions.read')
  @SerializeOptions({ schema: pageOf(SessionView) })
  list(@Db() db: TenantDb, @Admitted() who: Admission, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.sessions.list(db, query, ownerBound(who, 'sessions.read'))
  }

  @Get('api/v1/sessions/:id')
  @Access('sessions.read')
  @SerializeOptions({ schema: SessionView })
  get(@Db() db: TenantDb, @Param('id', { schema: SessionId }) id: SessionId, @Admitted() who?: Admission) {
    return this.sessions.get(db, id, ownerBound(who, 'sessions.read'))
  }

  @Delete('api/v1/sessions/:id')
  @HttpCode(204)
  @Access('sessions.end')
  @Recorded('get')
  async remove(
    @Db() db: TenantDb,
    @Param('id', { schema: SessionId }) id: SessionId,
    @Admitted() who: Admission,
  ) {
    await this.sessions.get(db, id, ownerBound(who, 'sessions.end'))
    await this.sessions.end(db, id, { by: who.by.id, reason: 'ended by an admin' })
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
