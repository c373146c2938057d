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
  CreatedOutlet,
  NewOutlet,
  OutletChange,
  OutletDeadLetter,
  OutletId,
  OutletRedrive,
  OutletView,
  pageOf,
} from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { By } from '../tenancy/admission.ts'
import { AskedWith, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { OutletsService } from './outlets.service.ts'

@Controller('api/v1/outlets')
@Access('outlets.write')
export class OutletsController {
  constructor(private readonly outlets: OutletsService) {}

  @Get()
  @Access('outlets.read')
  @SerializeOptions({ schema: pageOf(OutletView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.outlets.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: CreatedOutlet })
  create(@Db() db: TenantDb, @AskedWith() by: By, @Body({ schema: NewOutlet }) asked: NewOutlet) {
    return this.outlets.create(db, by.id, asked)
  }

  @Get(':id')
  @Access('outlets.read')
  @SerializeOptions({ schema: OutletView })
  get(@Db() db: TenantDb, @Param('id', { schema: OutletId }) id: OutletId) {
    return this.outlets.get(db, id)
  }

  @Patch(':id')
  @SerializeOptions({ schema: OutletView })
  change(
    @Db() db: TenantDb,
    @Param('id', { schema: OutletId }) id: OutletId,
    @Body({ schema: OutletChange }) change: OutletChange,
  ) {
    return this.outlets.change(db, id, change)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @Param('id', { schema: OutletId }) id: OutletId) {
    return this.outlets.remove(db, id)
  }

  @Post(':id/pause')
  @HttpCode(200)
  @SerializeOptions({ schema: OutletView })
  pause(@Db() db: TenantDb, @Param('id', { schema: OutletId }) id: OutletId) {
    return this.outlets.pause(db, id)
  }

  @Post(':id/resume')
  @HttpCode(200)
  @SerializeOptions({ schema: OutletView })
  resume(@Db() db: TenantDb, @Param('id', { schema: OutletId }) id: OutletId) {
    return this.outlets.resume(db, id)
  }

  @Post(':id/test')
  @HttpCode(202)
  @SerializeOptions({ schema: OutletView })
  test(@Db() db: TenantDb, @Param('id', { schema: OutletId }) id: OutletId) {
    return this.outlets.test(db, id)
  }

  @Post(':id/secret')
  @SerializeOptions({ schema: CreatedOutlet })
  renewSecret(@Db() db: TenantDb, @Param('id', { schema: OutletId }) id: OutletId) {
    return this.outlets.renewSecret(db, id)
  }

  @Get(':id/dead-letters')
  @Access('outlets.read')
  @SerializeOptions({ schema: pageOf(OutletDeadLetter) })
  deadLetters(
    @Db() db: TenantDb,
    @Param('id', { schema: OutletId }) id: OutletId,
    @Query({ schema: ListQuery }) query: ListQuery,
  ) {
    return this.outlets.deadLetters(db, id, query)
  }

  @Post(':id/dead-letters/redrive')
  @HttpCode(202)
  @SerializeOptions({ schema: OutletView })
  redrive(
    @Db() db: TenantDb,
    @Param('id', { schema: OutletId }) id: OutletId,
    @Body({ schema: OutletRedrive }) asked: OutletRedrive,
  ) {
    return this.outlets.redrive(db, id, asked)
  }
}
