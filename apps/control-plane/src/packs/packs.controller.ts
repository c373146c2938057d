import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Query,
  SerializeOptions,
  StreamableFile,
} from '@nestjs/common'
import { PackId, pageOf, PackQuery, PackView } from '@writ/contracts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { PacksService } from './packs.service.ts'

/** Packs for auditors: what the log holds of a tenant, in a form that verifies away from here (docs/pack.md). */
@Controller('api/v1/audit/packs')
@Access('records.export')
export class PacksController {
  constructor(private readonly packs: PacksService) {}

  /** It is made in the background: `GET {id}` says how far it is. */
  @Post()
  @HttpCode(202)
  @SerializeOptions({ schema: PackView })
  create(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Body({ schema: PackQuery }) query: PackQuery,
  ) {
    return this.packs.request(db, admission, query)
  }

  /** The newest first. */
  @Get()
  @SerializeOptions({ schema: pageOf(PackView) })
  list(@Db() db: TenantDb, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.packs.page(db, query)
  }

  @Get(':id')
  @SerializeOptions({ schema: PackView })
  view(@Db() db: TenantDb, @Param('id', { schema: PackId }) id: PackId) {
    return this.packs.view(db, id)
  }

  @Get(':id/file')
  @Header('cache-control', 'no-store')
  async file(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Param('id', { schema: PackId }) id: PackId,
  ) {
    const { name, sizeBytes, bytes } = await this.packs.file(db, admission, id)
    const disposition = `attachment; filename="${name}"`
    return new StreamableFile(bytes, { type: 'application/zip', length: sizeBytes, disposition })
  }

  /** Ends it, whatever it is: one that is made stops, and a file is removed. */
  @Delete(':id')
  @SerializeOptions({ schema: PackView })
  cancel(@Db() db: TenantDb, @Admitted() admission: Admission, @Param('id', { schema: PackId }) id: PackId) {
    return this.packs.cancel(db, admission, id)
  }
}
