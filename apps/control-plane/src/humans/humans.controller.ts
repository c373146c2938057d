import { Body, Controller, Get, Param, Post, Put, Query, SerializeOptions } from '@nestjs/common'
import { HumanId, HumanView, Membership, NewHuman, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { HumansService } from './humans.service.ts'

@Controller('api/v1/humans')
@Access('humans.write')
export class HumansController {
  constructor(private readonly humans: HumansService) {}

  @Get()
  @Access('humans.read')
  @SerializeOptions({ schema: pageOf(HumanView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.humans.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: HumanView })
  create(@Db() db: TenantDb, @Body({ schema: NewHuman }) human: NewHuman) {
    return this.humans.create(db, human)
  }

  @Get(':id')
  @Access('humans.read')
  @SerializeOptions({ schema: HumanView })
  get(@Db() db: TenantDb, @Param('id', { schema: HumanId }) id: HumanId) {
    return this.humans.get(db, id)
  }

  @Put(':id/groups')
  @Access('groups.write')
  @SerializeOptions({ schema: HumanView })
  move(
    @Db() db: TenantDb,
    @Param('id', { schema: HumanId }) id: HumanId,
    @Body({ schema: Membership }) { groups }: Membership,
  ) {
    return this.humans.move(db, id, groups)
  }
}
