import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common'
import { Slug, SsoConnectionId } from '@writ/contracts'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Brakes, sourceOf } from '../http/brakes.ts'
import { ProblemError } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { sendOn, sendPage } from '../pages/page.ts'
import { Settings } from '../settings.ts'
import { SsoConnectionsService } from '../sso/sso-connections.service.ts'
import { Access } from '../tenancy/access.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Phantoms } from '../tenancy/phantoms.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { sessionCookieOf } from './cookie-door.ts'
import { Cookies } from './cookies.ts'
import { returnTo } from './return-to.ts'
import { failurePage, signInPage } from './sign-in.pages.ts'
import { SIGN_IN_MS, SignInService } from './sign-in.service.ts'

/** `fresh`: to prove anew who they are. */
const SignInQuery = z.object({ return: z.string().optional(), fresh: z.string().optional() })
type SignInQuery = z.infer<typeof SignInQuery>

/** Pages on which people sign in. */
@Controller('t/:slug/sign-in')
@Access('public')
export class SignInController {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly cookies: Cookies,
    private readonly connections: SsoConnectionsService,
    private readonly signIn: SignInService,
    private readonly brakes: Brakes,
    private readonly phantoms: Phantoms,
  ) {}

  @Get()
  async show(
    @Param('slug', { schema: Slug }) slug: string,
    @Query({ schema: SignInQuery }) query: SignInQuery,
    @Res() reply: FastifyReply,
  ) {
    const tenant = await this.#tenant(slug)
    const offered = tenant ? await this.tenancy.run(tenant, (db) => this.connections.offered(db)) : []
    sendPage(reply, signInPage(slug, offered, this.#carried(slug, query)))
  }

  @Get(':sso')
  // oxlint-disable-next-line max-params -- one for each part of the request
  async begin(
    @Param('slug', { schema: Slug }) slug: string,
    @Param('sso', { schema: SsoConnectionId }) sso: SsoConnectionId,
    @Query({ schema: SignInQuery }) query: SignInQuery,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const tenant = await this.#tenant(slug)
    await this.brakes.take('login', {
      tenant: (tenant ?? this.phantoms.of(slug)).id,
      source: sourceOf(request),
    })
    const wish = { returnTo: this.#wayBack(slug, query), fresh: query.fresh === '1' }
    const begun = tenant && (await this.signIn.begin(tenant, sso, wish))
    if (begun === null) return sendOn(reply, `/t/${slug}/sign-in`)
    if (typeof begun === 'string') return sendPage(reply, failurePage(slug, begun))
    this.cookies.set(reply, 'sign-in', begun.secret, SIGN_IN_MS / 1000)
    return sendOn(reply, begun.url)
  }

  @Get(':sso/callback')
  async finish(
    @Param('slug', { schema: Slug }) slug: string,
    @Param('sso', { schema: SsoConnectionId }) sso: SsoConnectionId,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const tenant = await this.#tenant(slug)
    const secret = this.cookies.read(request, 'sign-in')
    this.cookies.clear(reply, 'sign-in')
    if (!tenant || secret === null) return sendPage(reply, failurePage(slug, 'over'))
    const answered = new URL(request.url, this.settings.origin)
    const current = this.#currentSession(request, tenant)
    const finished = await this.signIn.finish(tenant, sso, { secret, answered, current })
    if (typeof finished === 'string') return sendPage(reply, failurePage(slug, finished))
    this.cookies.set(reply, 'session', `${tenant.id}.${finished.secret}`, finished.maxAgeSeconds)
    return sendOn(reply, finished.returnTo)
  }

  #currentSession(request: RimRequest, { id }: Tenant): string | null {
    const presented = sessionCookieOf(this.cookies.read(request, 'session'))
    return presented?.tenantId === id ? presented.secret : null
  }

  #wayBack(slug: string, query: SignInQuery): string {
    return returnTo(query.return, this.settings.origin, `/t/${slug}/me`)
  }

  /** What was asked for goes along to the provider that is chosen. */
  #carried(slug: string, query: SignInQuery): string {
    const wish = { return: this.#wayBack(slug, query), ...(query.fresh === '1' && { fresh: '1' }) }
    return `?${new URLSearchParams(wish)}`
  }

  async #tenant(slug: string): Promise<Tenant | null> {
    try {
      return await this.tenancy.bySlug(slug)
    } catch (error) {
      if (error instanceof ProblemError) return null
      throw error
    }
  }
}
