import type { Provider } from '@nestjs/common'
import { IndexFeeder } from '../record-index/index-feeder.ts'
import { IndexHeader } from '../record-index/index-header.ts'
import { RecordSearch } from '../record-index/record-search.ts'
import { DecisionsService } from './decisions.service.ts'
import { EvidenceService } from './evidence.service.ts'
import { LineageService } from './lineage.service.ts'
import { LiveRecords } from './live-records.ts'
import { RecordsController } from './records.controller.ts'
import { RecordsService } from './records.service.ts'

/** The incident desk. */
export const RECORD_CONTROLLERS = [RecordsController]
export const RECORD_SERVICES: Provider[] = [
  DecisionsService,
  EvidenceService,
  IndexFeeder,
  IndexHeader,
  LineageService,
  LiveRecords,
  RecordSearch,
  RecordsService,
]
