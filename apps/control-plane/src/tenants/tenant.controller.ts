import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Patch,
  Post,
  SerializeOptions,
  StreamableFile,
} from '@nestjs/common'
import { DeletedTenant, TenantDeletion, TenantSettingsChange, TenantView } from '@writ/contracts'
import { Administrations } from '../administration/administrations.ts'
import { Recorded } from '../administration/recorded.ts'
import { Access, WhileSuspended } from '../tenancy/access.ts'
import type { By } from '../tenancy/admission.ts'
import { AskedWith, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantExport } from './tenant-export.ts'
import { TenantLifeService } from './tenant-life.service.ts'
import { tenantView } from './tenant-view.ts'
import { TenantsService } from './tenants.service.ts'

/** The tenant of whoever asks. */
@Controller('api/v1/tenant')
@Access('tenant.write')
export class TenantController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly life: TenantLifeService,
    private readonly exports: TenantExport,
    private readonly administrations: Administrations,
  ) {}

  @Get()
  @Access('tenant.read')
  @SerializeOptions({ schema: TenantView })
  view(@Db() db: TenantDb) {
    return tenantView(db)
  }

  /** Everything but secrets. That it was taken is recorded. */
  @Get('export')
  @Access('records.export')
  @Header('cache-control', 'no-store')
  async export(@Db() db: TenantDb, @AskedWith() by: By) {
    const route = 'GET /api/v1/tenant/export'
    const { id: target } = db.tenant
    await this.administrations.record(db, {
      permission: 'records.export',
      route,
      by,
      target,
      before: null,
      after: null,
    })
    return new StreamableFile(this.exports.of(db.tenant), {
      type: 'application/json',
      disposition: `attachment; filename="${db.tenant.slug}.json"`,
    })
  }

  @Patch()
  @Recorded('view')
  @SerializeOptions({ schema: TenantView })
  change(@Db() db: TenantDb, @Body({ schema: TenantSettingsChange }) change: TenantSettingsChange) {
    return this.tenants.change(db, change)
  }

  @Post('suspend')
  @HttpCode(200)
  @Recorded('view')
  @SerializeOptions({ schema: TenantView })
  suspend(@Db() db: TenantDb) {
    return this.life.suspend(db, 'owner')
  }

  @Post('resume')
  @HttpCode(200)
  @Recorded('view')
  @WhileSuspended(true)
  @SerializeOptions({ schema: TenantView })
  resume(@Db() db: TenantDb) {
    return this.life.resume(db, 'owner')
  }

  @Post('revoke-all')
  @HttpCode(200)
  @Recorded('view')
  @SerializeOptions({ schema: TenantView })
  revokeAll(@Db() db: TenantDb) {
    return this.life.revokeAll(db)
  }

  @Delete()
  @Access('tenant.delete')
  @Recorded('view')
  @WhileSuspended(true)
  @SerializeOptions({ schema: DeletedTenant })
  remove(@Db() db: TenantDb, @Body({ schema: TenantDeletion }) { slug }: TenantDeletion) {
    return this.life.delete(db, slug)
  }
}
