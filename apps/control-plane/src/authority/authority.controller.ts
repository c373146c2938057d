import { Controller, Get, Param, SerializeOptions } from '@nestjs/common'
import { PublicJwk, Slug } from '@writ/contracts'
import { authorityMetadata, publicKeySet } from '@writ/identity'
import { z } from 'zod'
import { Settings } from '../settings.ts'
import { Access } from '../tenancy/access.ts'
import { Phantoms } from '../tenancy/phantoms.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { AuthorizationServerMetadata } from './metadata.ts'
import { SigningKeys } from './signing-keys.ts'
import { SCOPE } from './token.service.ts'

const Jwks = z.strictObject({
  keys: z.array(PublicJwk.extend({ kid: z.string(), alg: z.literal('ES256'), use: z.literal('sig') })),
})

/** What a tenant's authority says of itself. */
@Controller()
@Access('public')
export class AuthorityController {
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly signingKeys: SigningKeys,
    private readonly phantoms: Phantoms,
  ) {}

  @Get('t/:slug/oauth/jwks')
  @SerializeOptions({ schema: Jwks })
  async jwks(@Param('slug', { schema: Slug }) slug: string) {
    const tenant = await this.tenancy.activeOrPhantom(slug)
    const keys = await this.tenancy.run(tenant, (db) => this.signingKeys.published(db))
    return publicKeySet(keys.length > 0 ? keys : this.phantoms.keysOf(slug))
  }

  /** RFC 8414 §3.1 puts the well-known part before the path of the issuer; some clients append it. */
  @Get([
    '.well-known/oauth-authorization-server/t/:slug/oauth',
    't/:slug/oauth/.well-known/oauth-authorization-server',
  ])
  @SerializeOptions({ schema: AuthorizationServerMetadata })
  metadata(@Param('slug', { schema: Slug }) slug: string) {
    // The same of every name: whether there is such a tenant is nobody's business.
    return authorityMetadata({ issuer: this.settings.issuerOf(slug), scopes: [SCOPE] })
  }
}
