import { Body, Controller, Get, Put, SerializeOptions } from '@nestjs/common'
import { RetentionChange, RetentionView } from '@writ/contracts'
import { Recorded } from '../administration/recorded.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { RetentionService } from './retention.service.ts'

/** How long the tenant's records are kept. */
@Controller('api/v1/audit/retention')
@Access('records.retain')
export class RetentionController {
  constructor(private readonly retention: RetentionService) {}

  @Get()
  @Access('records.read')
  @SerializeOptions({ schema: RetentionView })
  view(@Db() db: TenantDb) {
    return this.retention.view(db)
  }

  @Put()
  @Recorded('view')
  @SerializeOptions({ schema: RetentionView })
  change(@Db() db: TenantDb, @Body({ schema: RetentionChange }) { months }: RetentionChange) {
    return this.retention.change(db, months)
  }
}
