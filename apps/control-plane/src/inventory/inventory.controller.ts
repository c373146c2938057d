import { Controller, Get, Param, Query, SerializeOptions } from '@nestjs/common'
import { InventorySummary, InventoryView, NodeId, pageOf } from '@writ/contracts'
import { ownerBound } from '../agents/owner-bound.ts'
import { ListQuery } from '../http/page.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { InventoryService } from './inventory.service.ts'

/** What was found on the machines of agents. Whoever may look at an agent may look at its machines. */
@Controller('api/v1/inventory')
@Access('agents.read')
export class InventoryController {
  constructor(private readonly inventory: InventoryService) {}

  @Get()
  @SerializeOptions({ schema: pageOf(InventorySummary) })
  list(@Db() db: TenantDb, @Admitted() who: Admission, @Query({ schema: ListQuery }) query: ListQuery) {
    return this.inventory.list(db, query, ownerBound(who, 'agents.read'))
  }

  /** The id is the device's. */
  @Get(':id')
  @SerializeOptions({ schema: InventoryView })
  get(@Db() db: TenantDb, @Param('id', { schema: NodeId }) id: NodeId, @Admitted() who: Admission) {
    return this.inventory.get(db, id, ownerBound(who, 'agents.read'))
  }
}
