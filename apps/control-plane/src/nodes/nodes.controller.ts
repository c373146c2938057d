import { Body, Controller, Get, HttpCode, Param, Post, Query, SerializeOptions } from '@nestjs/common'
import {
  BundleAcknowledgement,
  BundleAnswer,
  ChangesAnswer,
  HeadsAnswer,
  HeadsRequest,
  LeaseAnswer,
  LeaseRequest,
  Slug,
  StreamBatch,
} from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { NodeRow } from '@writ/postgres'
import { z } from 'zod'
import { ChangeFeed } from '../bundles/change-feed.ts'
import { notFound } from '../http/problem.ts'
import { Access } from '../tenancy/access.ts'
import { SignedBy } from '../tenancy/decorators.ts'
import { AcknowledgementsService } from './acknowledgements.service.ts'
import { LeasesService } from './leases.service.ts'
import { StreamsService } from './streams.service.ts'

const ChangesQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().default(0),
  waitSeconds: z.coerce.number().min(0).max(25).default(0),
})
type ChangesQuery = z.infer<typeof ChangesQuery>

/** The wire between gateways and the control plane (contracts, node.ts). */
@Controller('internal/v1')
@Access('node')
export class NodesController {
  constructor(
    private readonly feed: ChangeFeed,
    private readonly platform: PlatformQueries,
    private readonly acknowledgements: AcknowledgementsService,
    private readonly streams: StreamsService,
    private readonly leases: LeasesService,
  ) {}

  @Get('changes')
  @SerializeOptions({ schema: ChangesAnswer })
  changes(@Query({ schema: ChangesQuery }) { after, waitSeconds }: ChangesQuery) {
    return this.feed.changesAfter(after, waitSeconds * 1000)
  }

  @Get('bundles/:slug')
  @SerializeOptions({ schema: BundleAnswer })
  async bundle(@Param('slug', { schema: Slug }) slug: string) {
    const head = await this.platform.bundleBySlug(slug)
    if (!head) throw notFound()
    return { bundle: head.signed }
  }

  @Post('acknowledgements')
  @HttpCode(204)
  acknowledge(
    @SignedBy() node: NodeRow,
    @Body({ schema: BundleAcknowledgement }) acknowledgement: BundleAcknowledgement,
  ) {
    return this.acknowledgements.keep(node, acknowledgement)
  }

  @Post('batches')
  @HttpCode(202)
  batch(@SignedBy() node: NodeRow, @Body({ schema: StreamBatch }) batch: StreamBatch) {
    return this.streams.enqueue(node, batch)
  }

  @Post('heads')
  @HttpCode(200)
  @SerializeOptions({ schema: HeadsAnswer })
  heads(@SignedBy() node: NodeRow, @Body({ schema: HeadsRequest }) { heads }: HeadsRequest) {
    return this.streams.keepHeads(node, heads)
  }

  @Post('leases')
  @HttpCode(200)
  @SerializeOptions({ schema: LeaseAnswer })
  lease(@SignedBy() node: NodeRow, @Body({ schema: LeaseRequest }) request: LeaseRequest) {
    return this.leases.lend(node, request)
  }
}
