import { Body, Controller, Header, HttpCode, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { DeviceJoinAnswer, DeviceJoinRequest, Slug } from '@writ/contracts'
import { FailureBrake } from '../authority/failure-brake.ts'
import { signedRequestOf } from '../authority/signed-request.ts'
import { Clock } from '../clock.ts'
import type { RimRequest } from '../http/request.ts'
import { requireNodeProof, requireSoundJoin } from '../nodes/node-keys.ts'
import { Access } from '../tenancy/access.ts'
import { DeviceJoinService } from './device-join.service.ts'

/** The only route that a device uses before it has a signature of its own (contracts, node.ts). */
@Controller('t/:slug/device/v1/join')
@Access('public')
export class DeviceJoinController {
  constructor(
    private readonly clock: Clock,
    private readonly brake: FailureBrake,
    private readonly joins: DeviceJoinService,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @SerializeOptions({ schema: DeviceJoinAnswer })
  async join(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: DeviceJoinRequest }) asked: DeviceJoinRequest,
    @Req() request: RimRequest,
  ) {
    const signed = signedRequestOf(request)
    return this.brake.run({ kind: 'enrolment', slug, request }, (db) => {
      requireSoundJoin(asked, this.clock.nowMs())
      requireNodeProof(request, request.rawBody ?? new Uint8Array(), asked.publicKey)
      return this.joins.join(db, asked, signed)
    })
  }
}
