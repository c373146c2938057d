import type { Provider } from '@nestjs/common'
import { DeadLetters } from './dead-letters.ts'
import { Deliverer } from './deliverer.ts'
import { Delivery } from './delivery.ts'
import { OutletSecrets } from './outlet-secrets.ts'
import { OutletsController } from './outlets.controller.ts'
import { OutletsService } from './outlets.service.ts'
import { Places } from './places.ts'
import { Reading } from './reading.ts'

/** Where records go besides the ledger. */
export const OUTLET_CONTROLLERS = [OutletsController]

export const OUTLET_SERVICES: Provider[] = [
  DeadLetters,
  Deliverer,
  Delivery,
  OutletSecrets,
  OutletsService,
  Places,
  Reading,
]
