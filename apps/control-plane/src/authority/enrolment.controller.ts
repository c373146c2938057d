import { Body, Controller, Header, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { EnrolmentAnswer, EnrolmentRequest, Slug } from '@writ/contracts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { EnrolmentService } from './enrolment.service.ts'
import { FailureBrake } from './failure-brake.ts'
import { signedRequestOf } from './signed-request.ts'

@Controller('t/:slug/enrol')
@Access('public')
export class EnrolmentController {
  constructor(
    private readonly brake: FailureBrake,
    private readonly enrolments: EnrolmentService,
  ) {}

  @Post()
  @Header('cache-control', 'no-store')
  @SerializeOptions({ schema: EnrolmentAnswer })
  async enrol(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: EnrolmentRequest }) { token }: EnrolmentRequest,
    @Req() request: RimRequest,
  ) {
    const signed = signedRequestOf(request)
    return this.brake.run({ kind: 'enrolment', slug, request }, (db) =>
      this.enrolments.enrol(db, token, signed),
    )
  }
}
