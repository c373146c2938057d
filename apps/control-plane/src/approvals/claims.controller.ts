import { Body, Controller, HttpCode, Post, Req, SerializeOptions } from '@nestjs/common'
import { ApprovalAnswer, ApprovalClaim } from '@writ/contracts'
import { notFound } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { ClaimsService } from './claims.service.ts'

/** How gateways ask for people (contracts, node.ts). */
@Controller('internal/v1/approvals')
@Access('node')
export class ClaimsController {
  constructor(private readonly claims: ClaimsService) {}

  @Post()
  @HttpCode(200)
  @SerializeOptions({ schema: ApprovalAnswer })
  claim(@Req() request: RimRequest, @Body({ schema: ApprovalClaim }) claim: ApprovalClaim) {
    // Only devices do things that go out to no connection.
    if (claim.connection === null) throw notFound()
    return this.claims.claim(claim, { isGone: () => request.raw.socket.destroyed })
  }
}
