import { Body, Delete, Get, Header, HttpCode, Param, Patch, Post, Put, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Recorded } from '../administration/recorded.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { AskingDirectory } from './asking-directory.ts'
import type { FromDirectory } from './asking-directory.ts'
import { DirectoriesService } from './directories.service.ts'
import type { Directory } from './directories.service.ts'
import { listResponse, ScimQuery } from './list.ts'
import type { Asked, Listed } from './list.ts'
import type { ScimResource } from './resource.ts'
import { locationOf, PathId, ScimBody, TYPE } from './scim-http.ts'

/** What a directory may do to one kind of its resources. */
export type ScimResources = {
  readonly list: (db: TenantDb, directory: Directory, asked: Asked) => Promise<Listed>
  readonly get: (db: TenantDb, directory: Directory, id: string) => Promise<ScimResource>
  readonly create: (db: TenantDb, directory: Directory, sent: ScimResource) => Promise<ScimResource>
  readonly replace: (
    db: TenantDb,
    directory: Directory,
    id: string,
    sent: ScimResource,
  ) => Promise<ScimResource>
  readonly patch: (
    db: TenantDb,
    directory: Directory,
    id: string,
    body: ScimResource,
  ) => Promise<ScimResource>
  readonly remove: (db: TenantDb, directory: Directory, id: string) => Promise<void>
  /** for the record of what is done to one */
  readonly recorded: (db: TenantDb, id: string) => Promise<unknown>
}

/** The routes that every kind of resource has (RFC 7644 §3). */
export abstract class ScimResourcesController {
  readonly #directories: DirectoriesService
  readonly #resources: ScimResources

  constructor(directories: DirectoriesService, resources: ScimResources) {
    this.#directories = directories
    this.#resources = resources
  }

  @Get()
  @Header('content-type', TYPE)
  async list(@AskingDirectory() from: FromDirectory, @Query({ schema: ScimQuery }) query: ScimQuery) {
    const { total, resources } = await this.#resources.list(from.db, await this.#asking(from), query)
    return listResponse({ total, resources: resources.map((one) => this.shown(one, query)) }, query)
  }

  @Post()
  @Recorded(null)
  @Header('content-type', TYPE)
  async create(
    @AskingDirectory() from: FromDirectory,
    @Body({ schema: ScimBody }) body: ScimResource,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const made = await this.#resources.create(from.db, await this.#asking(from), body)
    void reply.header('location', locationOf(made))
    return made
  }

  @Get(':id')
  @Header('content-type', TYPE)
  async get(
    @AskingDirectory() from: FromDirectory,
    @Param('id', { schema: PathId }) id: string,
    @Query({ schema: ScimQuery }) query: ScimQuery,
  ) {
    return this.shown(await this.#resources.get(from.db, await this.#asking(from), id), query)
  }

  @Put(':id')
  @Recorded('view')
  @Header('content-type', TYPE)
  async replace(
    @AskingDirectory() from: FromDirectory,
    @Param('id', { schema: PathId }) id: string,
    @Body({ schema: ScimBody }) body: ScimResource,
  ) {
    return this.#resources.replace(from.db, await this.#asking(from), id, body)
  }

  @Patch(':id')
  @Recorded('view')
  @Header('content-type', TYPE)
  async patch(
    @AskingDirectory() from: FromDirectory,
    @Param('id', { schema: PathId }) id: string,
    @Body({ schema: ScimBody }) body: ScimResource,
  ) {
    return this.#resources.patch(from.db, await this.#asking(from), id, body)
  }

  @Delete(':id')
  @Recorded('view')
  @HttpCode(204)
  async remove(@AskingDirectory() from: FromDirectory, @Param('id', { schema: PathId }) id: string) {
    return this.#resources.remove(from.db, await this.#asking(from), id)
  }

  /** What is recorded before and after. */
  view(db: TenantDb, id: string): Promise<unknown> {
    return this.#resources.recorded(db, id)
  }

  /** What of it was asked for. */
  protected shown(resource: ScimResource, _query: ScimQuery): ScimResource {
    return resource
  }

  #asking({ db, directory }: FromDirectory): Promise<Directory> {
    return this.#directories.asking(db, directory)
  }
}
