import { Controller, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { GrantId, GrantView, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import type { Admission } from '../tenancy/admission.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { ownerBound } from '../agents/owner-bound.ts'
import { GrantsService } from './grants.service.ts'

/** What humans let agents do; given on the pages of the authority. */
@Controller('api/v1/grants')
export class GrantsController {
  constructor(private readonly grants: GrantsService) {}

  @Get()
  @Access('agents.read')
  @SerializeOptions({ schema: pageOf(GrantView) })
  list(@Db() db: TenantDb, @Admitted() who: Admission, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.grants.list(db, query, ownerBound(who, 'agents.read'))
  }

  @Get(':id')
  @Access('agents.read')
  @SerializeOptions({ schema: GrantView })
  get(@Db() db: TenantDb, @Param('id', { schema: GrantId }) id: GrantId, @Admitted() who?: Admission) {
    return this.grants.get(db, id, ownerBound(who, 'agents.read'))
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Access('agents.write')
  @SerializeOptions({ schema: GrantView })
  revoke(@Db() db: TenantDb, @Admitted() who: Admission, @Param('id', { schema: GrantId }) id: GrantId) {
    return this.grants.revoke(db, id, { by: who.by.id, bound: ownerBound(who, 'agents.write') })
  }
}
