import { Body, Controller, HttpCode, Put } from '@nestjs/common'
import { InventoryReport } from '@writ/contracts'
import type { DeviceRow } from '@writ/postgres'
import { DeviceStanding } from '../devices/device-standing.ts'
import { Access } from '../tenancy/access.ts'
import { OfDevice } from '../tenancy/decorators.ts'
import { InventoryService } from './inventory.service.ts'

/** What `writ scan` found, told by the machine's own device. */
@Controller('t/:slug/device/v1/inventory')
@Access('device')
export class DeviceInventoryController {
  constructor(
    private readonly standing: DeviceStanding,
    private readonly inventory: InventoryService,
  ) {}

  @Put()
  @HttpCode(204)
  async keep(@OfDevice() device: DeviceRow, @Body({ schema: InventoryReport }) report: InventoryReport) {
    await this.standing.in(device, device.slug, (db) => this.inventory.keep(db, device, report))
  }
}
