import type { Provider } from '@nestjs/common'
import { DecisionsService } from './decisions.service.ts'
import { LineageService } from './lineage.service.ts'
import { LiveRecords } from './live-records.ts'
import { RecordsController } from './records.controller.ts'
import { RecordsService } from './records.service.ts'

/** The incident desk. */
export const RECORD_CONTROLLERS = [RecordsController]
export const RECORD_SERVICES: Provider[] = [DecisionsService, LineageService, LiveRecords, RecordsService]
