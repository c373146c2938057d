import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common'
import { Slug } from '@writ/contracts'
import type { FastifyReply } from 'fastify'
import type { RimRequest } from '../../http/request.ts'
import { sendOn, sendPage } from '../../pages/page.ts'
import { Settings } from '../../settings.ts'
import { isOwnForm } from '../../sign-in/own-form.ts'
import { notOwnFormPage } from '../../sign-in/sign-in.pages.ts'
import { Access } from '../../tenancy/access.ts'
import { HumanDoor } from '../../tenancy/human-door.ts'
import { Tenancy } from '../../tenancy/tenancy.ts'
import { formOf, Parameters } from '../form.ts'
import { AuthorizeService } from './authorize.service.ts'
import { consentPage, notAskablePage } from './consent.pages.ts'
import { signInFirst } from './sign-in-first.ts'

/** Where a human lets an agent on their machine act for them. */
@Controller('t/:slug/oauth/authorize')
@Access('public')
export class AuthorizeController {
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly humans: HumanDoor,
    private readonly service: AuthorizeService,
  ) {}

  @Get()
  async show(
    @Param('slug', { schema: Slug }) slug: string,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const tenant = await this.tenancy.activeOrPhantom(slug)
    const who = await this.humans.signedIn(request, slug)
    if (!who) return signInFirst(reply, slug, request)
    const text = new URL(request.url, this.settings.origin).search
    const parameters = new Parameters(new URLSearchParams(text))
    const asked = await this.tenancy.run(tenant, (db) => this.service.ask(db, parameters))
    if (asked.kind === 'nowhere') return sendPage(reply, notAskablePage())
    if (asked.kind === 'redirect') return sendOn(reply, asked.to)
    const { agent, request: wish, destination } = asked
    const { redirectUri } = destination
    const { authorizations } = wish
    return sendPage(reply, consentPage({ slug, agent, who, authorizations, request: text, redirectUri }))
  }

  @Post()
  async decide(
    @Param('slug', { schema: Slug }) slug: string,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const tenant = await this.tenancy.activeOrPhantom(slug)
    const who = await this.humans.signedIn(request, slug)
    if (!who || !isOwnForm(request, this.settings.origin, who)) return sendPage(reply, notOwnFormPage(slug))
    const form = formOf(request.body)
    const parameters = new Parameters(new URLSearchParams(form.only('request')))
    const isAllowed = form.only('decision') === 'allow'
    const asked = await this.tenancy.run(tenant, (db) => this.service.decide(db, who, parameters, isAllowed))
    return asked.kind === 'redirect' ? sendOn(reply, asked.to) : sendPage(reply, notAskablePage())
  }
}
