import { Controller, Header, HttpCode, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { Slug, TokenAnswer } from '@writ/contracts'
import { Answers } from '../http/answers.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { signedRequestOf } from './signed-request.ts'
import { TokenForm } from './token-request.ts'
import { TokenService } from './token.service.ts'

@Controller('t/:slug/oauth/token')
@Access('public')
export class TokenController {
  constructor(
    private readonly tenancy: Tenancy,
    private readonly tokens: TokenService,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Answers({ form: TokenForm })
  @SerializeOptions({ schema: TokenAnswer })
  async issue(@Param('slug', { schema: Slug }) slug: string, @Req() request: RimRequest) {
    const tenant = await this.tenancy.bySlug(slug)
    return this.tenancy.run(tenant, (db) => this.tokens.issue(db, request.body, signedRequestOf(request)))
  }
}
