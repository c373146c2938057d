import { Controller, Get, Header, HttpCode, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { EnrolmentAnswer, EnrolmentRequest, PublicJwk, Slug, TokenAnswer } from '@writ/contracts'
import { authorityMetadata, publicKeySet } from '@writ/identity'
import { z } from 'zod'
import { Answers } from '../http/answers.ts'
import type { RimRequest } from '../http/request.ts'
import { parseBody } from '../http/schema.pipe.ts'
import { Settings } from '../settings.ts'
import { Access } from '../tenancy/access.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { EnrolmentService } from './enrolment.service.ts'
import { AuthorizationServerMetadata } from './metadata.ts'
import { signedRequestOf } from './signed-request.ts'
import { SigningKeys } from './signing-keys.ts'
import { TokenService } from './token.service.ts'
import { TokenForm } from './token-request.ts'

const Jwks = z.strictObject({
  keys: z.array(PublicJwk.extend({ kid: z.string(), alg: z.literal('ES256'), use: z.literal('sig') })),
})

/** The authority of each tenant: how agents get an identity and tokens. */
@Controller()
@Access('public')
export class AuthorityController {
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly signingKeys: SigningKeys,
    private readonly tokens: TokenService,
    private readonly enrolments: EnrolmentService,
  ) {}

  @Post('t/:slug/oauth/token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Answers({ form: TokenForm })
  @SerializeOptions({ schema: TokenAnswer })
  async token(@Param('slug', { schema: Slug }) slug: string, @Req() request: RimRequest) {
    const tenant = await this.tenancy.bySlug(slug)
    return this.tenancy.run(tenant, (db) => this.tokens.issue(db, request.body, signedRequestOf(request)))
  }

  @Post('t/:slug/enrol')
  @Header('cache-control', 'no-store')
  @Answers({ body: EnrolmentRequest })
  @SerializeOptions({ schema: EnrolmentAnswer })
  async enrol(@Param('slug', { schema: Slug }) slug: string, @Req() request: RimRequest) {
    const tenant = await this.tenancy.bySlug(slug)
    const { token } = parseBody(EnrolmentRequest, request.body)
    return this.tenancy.run(tenant, (db) => this.enrolments.enrol(db, token, signedRequestOf(request)))
  }

  @Get('t/:slug/oauth/jwks')
  @SerializeOptions({ schema: Jwks })
  async jwks(@Param('slug', { schema: Slug }) slug: string) {
    const keys = await this.tenancy.run(await this.tenancy.bySlug(slug), (db) => this.signingKeys.published(db))
    return publicKeySet(keys)
  }

  @Get(['.well-known/oauth-authorization-server/t/:slug/oauth', 't/:slug/oauth/.well-known/oauth-authorization-server'])
  @SerializeOptions({ schema: AuthorizationServerMetadata })
  async metadata(@Param('slug', { schema: Slug }) slug: string) {
    const tenant = await this.tenancy.bySlug(slug)
    const issuer = this.settings.issuerOf(tenant.slug)
    const tokenEndpoint = this.settings.tokenEndpointOf(tenant.slug)
    return authorityMetadata({ issuer, tokenEndpoint, jwksUri: `${issuer}/jwks`, scopes: ['mcp'] })
  }
}
