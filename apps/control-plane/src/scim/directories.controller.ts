import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import { CreatedDirectory, DirectoryId, DirectoryView, NewDirectory, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { DirectoriesService } from './directories.service.ts'

@Controller('api/v1/directories')
@Access('sso.write')
export class DirectoriesController {
  constructor(private readonly directories: DirectoriesService) {}

  @Get()
  @Access('sso.read')
  @SerializeOptions({ schema: pageOf(DirectoryView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.directories.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: CreatedDirectory })
  create(@Db() db: TenantDb, @Body({ schema: NewDirectory }) asked: NewDirectory) {
    return this.directories.create(db, asked)
  }

  @Get(':id')
  @Access('sso.read')
  @SerializeOptions({ schema: DirectoryView })
  get(@Db() db: TenantDb, @Param('id', { schema: DirectoryId }) id: DirectoryId) {
    return this.directories.get(db, id)
  }

  @Post(':id/token')
  @SerializeOptions({ schema: CreatedDirectory })
  renew(@Db() db: TenantDb, @Param('id', { schema: DirectoryId }) id: DirectoryId) {
    return this.directories.renew(db, id)
  }

  @Delete(':id')
  @HttpCode(204)
  revoke(@Db() db: TenantDb, @Param('id', { schema: DirectoryId }) id: DirectoryId) {
    return this.directories.revoke(db, id)
  }
}
