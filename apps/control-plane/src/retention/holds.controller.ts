import { Body, Controller, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { HoldId, HoldRelease, HoldView, NewHold, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { By } from '../tenancy/admission.ts'
import { AskedWith, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { HoldsService } from './holds.service.ts'

/** What must not be removed, for how long soever. */
@Controller('api/v1/audit/holds')
@Access('records.retain')
export class HoldsController {
  constructor(private readonly holds: HoldsService) {}

  @Get()
  @Access('records.read')
  @SerializeOptions({ schema: pageOf(HoldView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.holds.list(db, query)
  }

  @Get(':id')
  @Access('records.read')
  @SerializeOptions({ schema: HoldView })
  get(@Db() db: TenantDb, @Param('id', { schema: HoldId }) id: HoldId) {
    return this.holds.get(db, id)
  }

  @Post()
  @SerializeOptions({ schema: HoldView })
  place(@Db() db: TenantDb, @AskedWith() by: By, @Body({ schema: NewHold }) hold: NewHold) {
    return this.holds.place(db, by, hold)
  }

  @Post(':id/release')
  @HttpCode(200)
  @SerializeOptions({ schema: HoldView })
  release(
    @Db() db: TenantDb,
    @AskedWith() by: By,
    @Param('id', { schema: HoldId }) id: HoldId,
    @Body({ schema: HoldRelease }) { reason }: HoldRelease,
  ) {
    return this.holds.release(db, by, { id, reason })
  }
}
