import { Body, Controller, HttpCode, Post } from '@nestjs/common'
import { UpstreamReport } from '@writ/contracts'
import type { NodeRow } from '@writ/postgres'
import { Access } from '../tenancy/access.ts'
import { SignedBy } from '../tenancy/decorators.ts'
import { UpstreamReportsService } from './upstream-reports.service.ts'

/** How gateways fare with upstreams (contracts, node.ts). */
@Controller('internal/v1/upstreams')
@Access('node')
export class UpstreamReportsController {
  constructor(private readonly reports: UpstreamReportsService) {}

  @Post()
  @HttpCode(204)
  report(@SignedBy() node: NodeRow, @Body({ schema: UpstreamReport }) report: UpstreamReport) {
    return this.reports.keep(node, report)
  }
}
