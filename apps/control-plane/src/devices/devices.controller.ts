import { Controller, Delete, Get, HttpCode, Param, Query, SerializeOptions } from '@nestjs/common'
import { DeviceView, NodeId, pageOf } from '@writ/contracts'
import { ownerBound } from '../agents/owner-bound.ts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { DevicesService } from './devices.service.ts'

/** The machines on which agents run. Whoever may touch an agent may touch its devices. */
@Controller('api/v1/devices')
@Access('agents.read')
export class DevicesController {
  constructor(private readonly devices: DevicesService) {}

  @Get()
  @SerializeOptions({ schema: pageOf(DeviceView) })
  list(@Db() db: TenantDb, @Admitted() who: Admission, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.devices.list(db, query, ownerBound(who, 'agents.read'))
  }

  @Get(':id')
  @SerializeOptions({ schema: DeviceView })
  get(@Db() db: TenantDb, @Param('id', { schema: NodeId }) id: NodeId, @Admitted() who?: Admission) {
    return this.devices.get(db, id, ownerBound(who, 'agents.read'))
  }

  @Delete(':id')
  @HttpCode(204)
  @Access('agents.write')
  async remove(@Db() db: TenantDb, @Param('id', { schema: NodeId }) id: NodeId, @Admitted() who: Admission) {
    await this.devices.get(db, id, ownerBound(who, 'agents.write'))
    await this.devices.revoke(db, id, who.by.id)
  }
}
