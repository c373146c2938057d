import type { Provider } from '@nestjs/common'
import { AcknowledgementsService } from './acknowledgements.service.ts'
import { ContentKeysService } from './content-keys.service.ts'
import { Endorsements } from './endorsements.ts'
import { JoinController } from './join.controller.ts'
import { JoinService } from './join.service.ts'
import { LeasesService } from './leases.service.ts'
import { NodeSignatures } from './node-signatures.ts'
import { NodesController } from './nodes.controller.ts'
import { StreamsService } from './streams.service.ts'

/** Enforcement points: joining, their keys and leases, and their records. */
export const NODE_CONTROLLERS = [JoinController, NodesController]
export const NODE_SERVICES: Provider[] = [
  AcknowledgementsService,
  ContentKeysService,
  Endorsements,
  JoinService,
  LeasesService,
  NodeSignatures,
  StreamsService,
]
