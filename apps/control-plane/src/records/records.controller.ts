import {
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  SerializeOptions,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common'
import {
  DecisionId,
  DecisionStory,
  Evidence,
  Lineage,
  LineageQuery,
  pageOf,
  RecordCountQuery,
  RecordCounts,
  RecordQuery,
  RecordTimes,
  RecordTimesQuery,
  RecordView,
  Verification,
  wholeNumber,
} from '@writ/contracts'
import { pendingRecords } from '@writ/postgres'
import { z } from 'zod'
import type { RimRequest } from '../http/request.ts'
import { IndexHeader } from '../record-index/index-header.ts'
import { Access } from '../tenancy/access.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { DecisionsService } from './decisions.service.ts'
import { EvidenceService } from './evidence.service.ts'
import { LineageService } from './lineage.service.ts'
import { LiveQuery, LiveRecords } from './live-records.ts'
import { RecordsService } from './records.service.ts'

const LeafIndex = wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER })

@Controller('api/v1/records')
@Access('records.read')
@UseInterceptors(IndexHeader)
export class RecordsController {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly records: RecordsService,
    private readonly proof: EvidenceService,
    private readonly decisions: DecisionsService,
    private readonly lineages: LineageService,
    private readonly tail: LiveRecords,
  ) {}

  @Get()
  @SerializeOptions({ schema: pageOf(RecordView) })
  page(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Query({ schema: RecordQuery }) query: RecordQuery,
  ) {
    return this.records.page(db, admission, query)
  }

  @Get('evidence')
  @Access('records.export')
  @SerializeOptions({ schema: Evidence })
  evidence(@Db() db: TenantDb) {
    return this.proof.evidence(db)
  }

  /** Verifying reads and changes nothing, so an auditor may. */
  @Post('verify')
  @HttpCode(200)
  @SerializeOptions({ schema: Verification })
  verify(@Db() db: TenantDb) {
    return this.proof.verify(db)
  }

  /** Records that gateways say they have and that have not arrived yet. */
  @Get('lag')
  @SerializeOptions({ schema: z.strictObject({ pending: z.int().nonnegative() }) })
  async lag(@Db() db: TenantDb) {
    return { pending: await pendingRecords(db.manager) }
  }

  /** How many records have which value of a field. */
  @Get('counts')
  @SerializeOptions({ schema: RecordCounts })
  counts(@Db() db: TenantDb, @Query({ schema: RecordCountQuery }) query: RecordCountQuery) {
    return this.records.counts(db, query)
  }

  /** How many records ended how, step by step. */
  @Get('times')
  @SerializeOptions({ schema: RecordTimes })
  times(@Db() db: TenantDb, @Query({ schema: RecordTimesQuery }) query: RecordTimesQuery) {
    return this.records.times(db, query)
  }

  /** What hangs together with a decision, a session, an agent or a human; W3C PROV by `format=prov`. */
  @Get('lineage')
  @SerializeOptions({ schema: z.union([Lineage, z.looseObject({ '@context': z.unknown() })]) })
  lineage(@Db() db: TenantDb, @Query({ schema: LineageQuery }) query: LineageQuery) {
    return this.lineages.of(db, query)
  }

  /** New records as they arrive, as server-sent events; `Last-Event-ID` goes on where an earlier stream ended. */
  @Get('live')
  @Header('cache-control', 'no-store')
  @Header('x-accel-buffering', 'no')
  live(
    @Req() request: RimRequest,
    @Query({ schema: LiveQuery }) query: LiveQuery,
    @Headers('last-event-id') lastEventId?: string,
  ) {
    return new StreamableFile(this.tail.open(request, query, lastEventId), {
      type: 'text/event-stream; charset=utf-8',
    })
  }

  /** Who did what, why it was let or not, and what was around it. */
  @Get('decisions/:decision')
  @SerializeOptions({ schema: DecisionStory })
  decision(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Param('decision', { schema: DecisionId }) id: DecisionId,
  ) {
    return this.decisions.story(db, admission, id)
  }

  @Get(':leaf')
  @SerializeOptions({ schema: RecordView })
  one(
    @Db() db: TenantDb,
    @Admitted() admission: Admission,
    @Param('leaf', { schema: LeafIndex }) leaf: number,
  ) {
    return this.records.one(db, admission, leaf)
  }
}
