import { Controller, Header, HttpCode, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { Slug, TokenAnswer } from '@writ/contracts'
import { Answers } from '../http/answers.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { FailureBrake } from './failure-brake.ts'
import { signedRequestOf } from './signed-request.ts'
import { KeySchedule } from './key-schedule.ts'
import { ProviderUnasked } from './id-tokens.ts'
import type { VerifiedIdToken } from './id-tokens.ts'
import { OAuthError } from './oauth-error.ts'
import { TokenForm } from './token-form.ts'
import { TokenService } from './token.service.ts'

@Controller('t/:slug/oauth/token')
@Access('public')
export class TokenController {
  constructor(
    private readonly brake: FailureBrake,
    private readonly tokens: TokenService,
    private readonly schedule: KeySchedule,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Answers({ form: TokenForm })
  @SerializeOptions({ schema: TokenAnswer })
  async issue(@Param('slug', { schema: Slug }) slug: string, @Req() request: RimRequest) {
    const signed = signedRequestOf(request)
    const issue = (verified: VerifiedIdToken | null) =>
      this.brake.run({ kind: 'token', slug, request }, async (db, of) => {
        const issued = await this.tokens.issue(db, request.body, signed, verified)
        return issued instanceof OAuthError ? issued : { answer: issued, tenant: of }
      })
    const { answer, tenant } = await issue(null).catch(async (error: unknown) => {
      if (!(error instanceof ProviderUnasked)) throw error
      return issue(await error.ask())
    })
    await this.schedule.look(tenant)
    return answer
  }
}
