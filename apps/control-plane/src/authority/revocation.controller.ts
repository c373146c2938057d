import { Body, Controller, Header, HttpCode, Param, Post, Req, SerializeOptions } from '@nestjs/common'
import { IntrospectionAnswer, Slug, TokenRevocation } from '@writ/contracts'
import { Recorded } from '../administration/recorded.ts'
import { Answers } from '../http/answers.ts'
import { notFound } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { mayTouch } from '../tenancy/admission.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Admitted, Db } from '../tenancy/decorators.ts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { FailureBrake } from './failure-brake.ts'
import { RevocationService } from './revocation.service.ts'
import { IntrospectionForm, RevocationForm } from './token-form.ts'

@Controller()
export class RevocationController {
  constructor(
    private readonly brake: FailureBrake,
    private readonly revocation: RevocationService,
  ) {}

  /** RFC 7009 §2.2: the answer says nothing of the token. */
  @Post('t/:slug/oauth/revoke')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Access('public')
  @Answers({ form: RevocationForm })
  async revoke(@Param('slug', { schema: Slug }) slug: string, @Req() request: RimRequest): Promise<void> {
    await this.brake.run({ kind: 'token', slug, request }, (db) => this.revocation.revoke(db, request.body))
  }

  @Post('t/:slug/oauth/introspect')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Access('sessions.read')
  @Answers({ form: IntrospectionForm })
  @SerializeOptions({ schema: IntrospectionAnswer })
  async introspect(@Db() db: TenantDb, @Param('slug', { schema: Slug }) slug: string, @Body() body: unknown) {
    if (slug !== db.tenant.slug) throw notFound()
    return this.revocation.introspect(db, body)
  }

  @Post('api/v1/tokens/revoke')
  @HttpCode(204)
  @Access('sessions.end')
  @Recorded(null)
  async revokeById(
    @Db() db: TenantDb,
    @Admitted() who: Admission,
    @Body({ schema: TokenRevocation }) { jti }: TokenRevocation,
  ) {
    // Whose token it is nobody knows by its id: so it is none of a developer's own.
    if (!mayTouch(who, 'sessions.end', null)) throw notFound()
    await this.revocation.revokeById(db, jti)
  }
}
