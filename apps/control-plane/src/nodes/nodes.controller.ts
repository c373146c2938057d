import { Body, Controller, HttpCode, Post, SerializeOptions } from '@nestjs/common'
import {
  BundleAcknowledgement,
  ContentKeyAnswer,
  ContentKeyRequest,
  HeadsAnswer,
  HeadsRequest,
  LeaseAnswer,
  LeaseRequest,
  StreamBatch,
} from '@writ/contracts'
import type { NodeRow } from '@writ/postgres'
import { Access } from '../tenancy/access.ts'
import { SignedBy } from '../tenancy/decorators.ts'
import { AcknowledgementsService } from './acknowledgements.service.ts'
import { ContentKeysService } from './content-keys.service.ts'
import { LeasesService } from './leases.service.ts'
import { StreamsService } from './streams.service.ts'

/** What gateways send and borrow (contracts, node.ts). */
@Controller('internal/v1')
@Access('node')
export class NodesController {
  constructor(
    private readonly acknowledgements: AcknowledgementsService,
    private readonly streams: StreamsService,
    private readonly leases: LeasesService,
    private readonly contentKeys: ContentKeysService,
  ) {}

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
  heads(@SignedBy() node: NodeRow, @Body({ schema: HeadsRequest }) request: HeadsRequest) {
    return this.streams.keepHeads(node, request)
  }

  @Post('leases')
  @HttpCode(200)
  @SerializeOptions({ schema: LeaseAnswer })
  lease(@SignedBy() node: NodeRow, @Body({ schema: LeaseRequest }) request: LeaseRequest) {
    return this.leases.lend(node, request)
  }

  @Post('content-keys')
  @HttpCode(200)
  @SerializeOptions({ schema: ContentKeyAnswer })
  contentKey(@SignedBy() node: NodeRow, @Body({ schema: ContentKeyRequest }) request: ContentKeyRequest) {
    return this.contentKeys.give(node, request)
  }
}
