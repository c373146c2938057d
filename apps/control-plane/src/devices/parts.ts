import type { Provider } from '@nestjs/common'
import { DeviceFeed } from './device-feed.ts'
import { DeviceJoinController } from './device-join.controller.ts'
import { DeviceJoinService } from './device-join.service.ts'
import { DeviceRecordsController } from './device-records.controller.ts'
import { DeviceStanding } from './device-standing.ts'
import { DeviceWireController } from './device-wire.controller.ts'
import { DevicesController } from './devices.controller.ts'
import { DevicesService } from './devices.service.ts'
import { HooksController } from './hooks.controller.ts'
import { PackagesController } from './packages.controller.ts'
import { PackagesService } from './packages.service.ts'

/** The wire to the daemons of devices, and what people set for them. */
export const DEVICE_CONTROLLERS = [
  DeviceJoinController,
  DeviceRecordsController,
  DeviceWireController,
  DevicesController,
  HooksController,
  PackagesController,
]

export const DEVICE_SERVICES: Provider[] = [
  DeviceFeed,
  DeviceJoinService,
  DeviceStanding,
  DevicesService,
  PackagesService,
]
