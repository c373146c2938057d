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
  ExplainAnswer,
  ExplainRequest,
  NewPolicy,
  pageOf,
  PolicyChange,
  PolicyId,
  PolicyView,
} from '@writ/contracts'
import { z } from 'zod'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { ExplainService } from './explain.service.ts'
import { PoliciesService } from './policies.service.ts'

@Controller('api/v1/policies')
@Access('admin')
export class PoliciesController {
  constructor(
    private readonly policies: PoliciesService,
    private readonly explanations: ExplainService,
  ) {}

  @Get()
  @Access('auditor')
  @SerializeOptions({ schema: pageOf(PolicyView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.policies.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: PolicyView })
  create(@Db() db: TenantDb, @Body({ schema: NewPolicy }) policy: NewPolicy) {
    return this.policies.create(db, policy)
  }

  @Post('explain')
  @HttpCode(200)
  @Access('auditor')
  @SerializeOptions({ schema: ExplainAnswer })
  explain(@Db() db: TenantDb, @Body({ schema: ExplainRequest }) asked: ExplainRequest) {
    return this.explanations.explain(db, asked)
  }

  @Get(':id')
  @Access('auditor')
  @SerializeOptions({ schema: PolicyView })
  get(@Db() db: TenantDb, @Param('id', { schema: PolicyId }) id: PolicyId) {
    return this.policies.get(db, id)
  }

  @Get(':id/versions')
  @Access('auditor')
  @SerializeOptions({ schema: z.strictObject({ items: z.array(PolicyView) }) })
  versions(@Db() db: TenantDb, @Param('id', { schema: PolicyId }) id: PolicyId) {
    return this.policies.versions(db, id)
  }

  @Patch(':id')
  @SerializeOptions({ schema: PolicyView })
  change(
    @Db() db: TenantDb,
    @Param('id', { schema: PolicyId }) id: PolicyId,
    @Body({ schema: PolicyChange }) change: PolicyChange,
  ) {
    return this.policies.change(db, id, change)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @Param('id', { schema: PolicyId }) id: PolicyId) {
    return this.policies.remove(db, id)
  }
}
