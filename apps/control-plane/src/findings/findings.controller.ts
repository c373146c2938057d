import { Controller, Get, Query, SerializeOptions } from '@nestjs/common'
import { FindingQuery, FindingView, pageOf } from '@writ/contracts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { FindingsService } from './findings.service.ts'

/** What does not fit together in the records of sessions; each finding is a record too (`GET /api/v1/records?kind=found`). */
@Controller('api/v1/findings')
@Access('findings.read')
export class FindingsController {
  constructor(private readonly findings: FindingsService) {}

  @Get()
  @SerializeOptions({ schema: pageOf(FindingView) })
  list(@Db() db: TenantDb, @Query({ schema: FindingQuery }) query: FindingQuery) {
    return this.findings.list(db, query)
  }
}
