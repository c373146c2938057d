import type { Provider } from '@nestjs/common'
import { HoldsController } from './holds.controller.ts'
import { HoldsService } from './holds.service.ts'
import { RecordRemover } from './record-remover.ts'
import { Removal } from './removal.ts'
import { RetentionController } from './retention.controller.ts'
import { RetentionService } from './retention.service.ts'

/** How long records are kept, and which of them stay whatever happens. */
export const RETENTION_CONTROLLERS = [HoldsController, RetentionController]
export const RETENTION_SERVICES: Provider[] = [HoldsService, RecordRemover, Removal, RetentionService]
