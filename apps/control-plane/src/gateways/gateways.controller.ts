import { Controller, Get, SerializeOptions } from '@nestjs/common'
import { z } from 'zod'
import { Access } from '../tenancy/access.ts'
import { Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { GatewayView } from './gateway-view.ts'
import { gatewaysOf } from './gateways.ts'

@Controller('api/v1/gateways')
@Access('tenant.read')
export class GatewaysController {
  @Get()
  @SerializeOptions({ schema: z.strictObject({ items: z.array(GatewayView) }) })
  async list(@Db() db: TenantDb) {
    return { items: await gatewaysOf(db) }
  }
}
