import { Controller, Get, HttpCode, Post, Query, SerializeOptions } from '@nestjs/common'
import { Evidence, pageOf, RecordQuery, RecordView, Verification } from '@writ/contracts'
import { pendingRecords } from '@writ/postgres'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { RecordsService } from './records.service.ts'

@Controller('api/v1/records')
@Access('records.read')
export class RecordsController {
  constructor(private readonly records: RecordsService) {}

  @Get()
  @SerializeOptions({ schema: pageOf(RecordView) })
  page(@Db() db: TenantDb, @Query({ schema: RecordQuery }) query: RecordQuery) {
    return this.records.page(db, query)
  }

  @Get('evidence')
  @Access('records.export')
  @SerializeOptions({ schema: Evidence })
  evidence(@Db() db: TenantDb) {
    return this.records.evidence(db)
  }

  /** Verifying reads and changes nothing, so an auditor may. */
  @Post('verify')
  @HttpCode(200)
  @SerializeOptions({ schema: Verification })
  verify(@Db() db: TenantDb) {
    return this.records.verify(db)
  }

  /** Records that gateways say they have and that have not arrived yet. */
  @Get('lag')
  @SerializeOptions({ schema: z.strictObject({ pending: z.int().nonnegative() }) })
  async lag(@Db() db: TenantDb) {
    return { pending: await pendingRecords(db.manager) }
  }
}
