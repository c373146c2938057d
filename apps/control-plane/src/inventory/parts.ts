import type { Provider } from '@nestjs/common'
import { DeviceInventoryController } from './device-inventory.controller.ts'
import { InventoryController } from './inventory.controller.ts'
import { InventoryService } from './inventory.service.ts'

/** What devices find on their machines, and who may look at it. */
export const INVENTORY_CONTROLLERS = [DeviceInventoryController, InventoryController]
export const INVENTORY_SERVICES: Provider[] = [InventoryService]
