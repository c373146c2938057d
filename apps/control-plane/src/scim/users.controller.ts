import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
  UseFilters,
} from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Recorded } from '../administration/recorded.ts'
import { Access } from '../tenancy/access.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { AskingDirectory } from './asking-directory.ts'
import type { FromDirectory } from './asking-directory.ts'
import { DirectoriesService } from './directories.service.ts'
import { listResponse, ScimQuery } from './list.ts'
import type { ScimResource } from './schema.ts'
import { locationOf, PathId, ScimBody, TYPE } from './scim-http.ts'
import { ScimFilter } from './scim.filter.ts'
import { ScimUsersService } from './users.service.ts'

@Controller('t/:slug/scim/v2/Users')
@Access('directory')
@UseFilters(ScimFilter)
export class ScimUsersController {
  constructor(
    private readonly directories: DirectoriesService,
    private readonly users: ScimUsersService,
  ) {}

  @Get()
  @Header('content-type', TYPE)
  async list(
    @AskingDirectory() { db, directory }: FromDirectory,
    @Query({ schema: ScimQuery }) query: ScimQuery,
  ) {
    return listResponse(await this.users.list(db, await this.directories.asking(db, directory), query), query)
  }

  @Post()
  @Recorded(null)
  @Header('content-type', TYPE)
  async create(
    @AskingDirectory() { db, directory }: FromDirectory,
    @Body({ schema: ScimBody }) body: ScimResource,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const made = await this.users.create(db, await this.directories.asking(db, directory), body)
    void reply.header('location', locationOf(made))
    return made
  }

  @Get(':id')
  @Header('content-type', TYPE)
  async get(
    @AskingDirectory() { db, directory }: FromDirectory,
    @Param('id', { schema: PathId }) id: string,
  ) {
    return this.users.get(db, await this.directories.asking(db, directory), id)
  }

  @Put(':id')
  @Recorded('view')
  @Header('content-type', TYPE)
  async replace(
    @AskingDirectory() { db, directory }: FromDirectory,
    @Param('id', { schema: PathId }) id: string,
    @Body({ schema: ScimBody }) body: ScimResource,
  ) {
    return this.users.replace(db, await this.directories.asking(db, directory), id, body)
  }

  @Patch(':id')
  @Recorded('view')
  @Header('content-type', TYPE)
  async patch(
    @AskingDirectory() { db, directory }: FromDirectory,
    @Param('id', { schema: PathId }) id: string,
    @Body({ schema: ScimBody }) body: ScimResource,
  ) {
    return this.users.patch(db, await this.directories.asking(db, directory), id, body)
  }

  @Delete(':id')
  @Recorded('view')
  @HttpCode(204)
  async remove(
    @AskingDirectory() { db, directory }: FromDirectory,
    @Param('id', { schema: PathId }) id: string,
  ) {
    return this.users.remove(db, await this.directories.asking(db, directory), id)
  }

  /** What is recorded before and after. */
  view(db: TenantDb, id: string): Promise<unknown> {
    return this.users.recorded(db, id)
  }
}
