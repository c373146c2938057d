import { Body, Controller, Header, HttpCode, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { RotationAnswer, RotationRequest, Slug } from '@writ/contracts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { FailureBrake } from './failure-brake.ts'
import { RotationService } from './rotation.service.ts'
import { signedRequestOf } from './signed-request.ts'

@Controller('t/:slug/oauth/rotate')
@Access('public')
export class RotationController {
  constructor(
    private readonly brake: FailureBrake,
    private readonly rotations: RotationService,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @SerializeOptions({ schema: RotationAnswer })
  async rotate(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: RotationRequest }) { statement }: RotationRequest,
    @Req() request: RimRequest,
  ) {
    const signed = signedRequestOf(request)
    return this.brake.run({ kind: 'enrolment', slug, request }, (db) =>
      this.rotations.rotate(db, statement, signed),
    )
  }
}
