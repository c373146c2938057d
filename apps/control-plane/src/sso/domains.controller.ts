import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  SerializeOptions,
  UseGuards,
} from '@nestjs/common'
import { DomainId, DomainView, NewDomain, pageOf } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { DomainAnswers } from './domain-answers.ts'
import { DomainsService } from './domains.service.ts'

@Controller('api/v1/domains')
@Access('sso.write')
export class DomainsController {
  constructor(private readonly domains: DomainsService) {}

  @Get()
  @Access('sso.read')
  @SerializeOptions({ schema: pageOf(DomainView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.domains.list(db, query)
  }

  @Post()
  @SerializeOptions({ schema: DomainView })
  create(@Db() db: TenantDb, @Body({ schema: NewDomain }) asked: NewDomain) {
    return this.domains.create(db, asked)
  }

  @Get(':id')
  @Access('sso.read')
  @SerializeOptions({ schema: DomainView })
  get(@Db() db: TenantDb, @Param('id', { schema: DomainId }) id: DomainId) {
    return this.domains.get(db, id)
  }

  /** Looks for the TXT record now. */
  @Post(':id/check')
  @HttpCode(200)
  @UseGuards(DomainAnswers)
  @SerializeOptions({ schema: DomainView })
  check(
    @Db() db: TenantDb,
    @Param('id', { schema: DomainId }) id: DomainId,
    @Req() { txt = [] }: RimRequest,
  ) {
    return this.domains.check(db, id, txt)
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Db() db: TenantDb, @Param('id', { schema: DomainId }) id: DomainId) {
    return this.domains.remove(db, id)
  }
}
