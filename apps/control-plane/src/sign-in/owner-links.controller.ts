import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  SerializeOptions,
} from '@nestjs/common'
import { NewOwnerLink, OwnerLink, Slug } from '@writ/contracts'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Answers } from '../http/answers.ts'
import { Brakes, sourceOf } from '../http/brakes.ts'
import { ProblemError } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { html } from '../pages/html.ts'
import { sendOn, sendPage } from '../pages/page.ts'
import type { Page } from '../pages/page.ts'
import { Settings } from '../settings.ts'
import { Access } from '../tenancy/access.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Phantoms } from '../tenancy/phantoms.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { Cookies } from './cookies.ts'
import { OwnerLinksService } from './owner-links.service.ts'
import { isFromOwnPage } from './same-site.ts'

const LinkQuery = z.object({ token: z.string().max(128).default('') })
type LinkQuery = z.infer<typeof LinkQuery>
const LinkForm = z.object({ token: z.string() })

@Controller()
export class OwnerLinksController {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly cookies: Cookies,
    private readonly links: OwnerLinksService,
    private readonly brakes: Brakes,
    private readonly phantoms: Phantoms,
  ) {}

  @Post('api/v1/tenants/:slug/owner-links')
  @Access('operator')
  @SerializeOptions({ schema: OwnerLink })
  async create(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: NewOwnerLink.default({}) }) { human }: NewOwnerLink,
  ) {
    return this.tenancy.run(await this.tenancy.bySlug(slug), (db) => this.links.create(db, human))
  }

  /** Looking uses nothing up: what previews links must not spend them. */
  @Get('t/:slug/owner-link')
  @Access('public')
  show(
    @Param('slug', { schema: Slug }) slug: string,
    @Query({ schema: LinkQuery }) { token }: LinkQuery,
    @Res() reply: FastifyReply,
  ) {
    sendPage(reply, linkPage(slug, token))
  }

  @Post('t/:slug/owner-link')
  @Access('public')
  @HttpCode(303)
  @Answers({ form: LinkForm })
  async use(
    @Param('slug', { schema: Slug }) slug: string,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const token = request.body instanceof URLSearchParams ? request.body.get('token') : null
    const used = isFromOwnPage(request, this.settings.origin)
      ? await this.#use(slug, token ?? '', sourceOf(request))
      : null
    if (!used) return sendPage(reply, SPENT)
    this.cookies.set(reply, 'session', used.cookie, used.maxAgeSeconds)
    return sendOn(reply, `/t/${slug}/me`)
  }

  async #use(
    slug: string,
    token: string,
    source: string,
  ): Promise<{ cookie: string; maxAgeSeconds: number } | null> {
    const tenant = await this.#tenantOrPhantom(slug)
    await this.brakes.take('login', { tenant: tenant.id, source })
    const session = await this.tenancy.run(tenant, (db) => this.links.use(db, token))
    return session && { cookie: `${tenant.id}.${session.secret}`, maxAgeSeconds: session.maxAgeSeconds }
  }

  /** Also one that is suspended: whoever guesses is slowed down and answered alike where there is none. */
  async #tenantOrPhantom(slug: string): Promise<Tenant> {
    try {
      return await this.tenancy.bySlug(slug)
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) return this.phantoms.of(slug)
      throw error
    }
  }
}

const linkPage = (slug: string, token: string): Page => ({
  title: `Sign in to ${slug}`,
  body: html`<p>This link signs this browser in as an owner, once.</p>
    <form method="post" action="/t/${slug}/owner-link">
      <input type="hidden" name="token" value="${token}" />
      <button class="act" type="submit">Sign in as owner</button>
    </form>
    <p class="soft">You did not ask for it? Close this page.</p>`,
})

const SPENT: Page = {
  title: 'This link is over',
  status: 403,
  body: html`<p>An owner link works once, for ten minutes, in the browser that opened it.</p>
    <p class="soft">The operator makes another one: <code>npm run tenant -- owner-link NAME</code></p>`,
}
