import { Body, Controller, Header, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { EnrolmentAnswer, EnrolmentRequest, Slug } from '@writ/contracts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { EnrolmentService } from './enrolment.service.ts'
import { signedRequestOf } from './signed-request.ts'

@Controller('t/:slug/enrol')
@Access('public')
export class EnrolmentController {
  constructor(
    private readonly tenancy: Tenancy,
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
    const tenant = await this.tenancy.bySlug(slug)
    return this.tenancy.run(tenant, (db) => this.enrolments.enrol(db, token, signedRequestOf(request)))
  }
}
