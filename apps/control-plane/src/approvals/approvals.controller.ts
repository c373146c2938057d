import { Controller, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { ApprovalId, ApprovalState, ApprovalView, pageOf } from '@writ/contracts'
import { z } from 'zod'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { behind } from '../tenancy/admission.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { ApprovalsService } from './approvals.service.ts'

const ApprovalQuery = ListQuery.extend({ state: ApprovalState.optional() })
type ApprovalQuery = z.infer<typeof ApprovalQuery>

/** Calls that wait for a person, and the person's answer. */
@Controller('api/v1/approvals')
@Access('approvals.decide')
export class ApprovalsController {
  constructor(private readonly approvals: ApprovalsService) {}

  @Get()
  @Access('approvals.read')
  @SerializeOptions({ schema: pageOf(ApprovalView) })
  list(@Db() db: TenantDb, @Query({ schema: ApprovalQuery }) query: ApprovalQuery) {
    return this.approvals.list(db, query)
  }

  @Get(':id')
  @Access('approvals.read')
  @SerializeOptions({ schema: ApprovalView })
  get(@Db() db: TenantDb, @Param('id', { schema: ApprovalId }) id: ApprovalId) {
    return this.approvals.get(db, id)
  }

  @Post(':id/approve')
  @HttpCode(200)
  @SerializeOptions({ schema: ApprovalView })
  approve(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Param('id', { schema: ApprovalId }) id: ApprovalId,
  ) {
    return this.approvals.approve(db, id, { by: admission.by.id, humans: behind(admission) })
  }

  @Post(':id/refuse')
  @HttpCode(200)
  @SerializeOptions({ schema: ApprovalView })
  refuse(
    @Db() db: TenantDb,
    @Admitted() { by }: Admission,
    @Param('id', { schema: ApprovalId }) id: ApprovalId,
  ) {
    return this.approvals.refuse(db, id, by.id)
  }
}
