import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common'
import { Slug } from '@writ/contracts'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Answers } from '../http/answers.ts'
import type { RimRequest } from '../http/request.ts'
import { sendOn, sendPage } from '../pages/page.ts'
import { Settings } from '../settings.ts'
import { Access } from '../tenancy/access.ts'
import { HumanDoor } from '../tenancy/human-door.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { sessionCookieOf } from './cookie-door.ts'
import { Cookies } from './cookies.ts'
import { HumanSessions } from './human-sessions.ts'
import { isOwnForm } from './own-form.ts'
import { mePage, notOwnFormPage, signedOutPage } from './sign-in.pages.ts'

const SignOutForm = z.object({ form: z.string() })

/** Who is signed in in this browser, and the way out. */
@Controller('t/:slug')
@Access('public')
export class MeController {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly cookies: Cookies,
    private readonly sessions: HumanSessions,
    private readonly door: HumanDoor,
  ) {}

  @Get('me')
  async show(
    @Param('slug', { schema: Slug }) slug: string,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const signedIn = await this.door.signedIn(request, slug)
    if (!signedIn) return sendOn(reply, `/t/${slug}/sign-in`)
    return sendPage(reply, mePage(slug, signedIn))
  }

  @Post('sign-out')
  @HttpCode(200)
  @Answers({ form: SignOutForm })
  async signOut(
    @Param('slug', { schema: Slug }) slug: string,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const signedIn = await this.door.signedIn(request, slug)
    const presented = sessionCookieOf(this.cookies.read(request, 'session'))
    if (!signedIn || !presented) return sendPage(reply, signedOutPage(slug))
    if (!isOwnForm(request, this.settings.origin, signedIn)) return sendPage(reply, notOwnFormPage(slug))
    await this.tenancy.runById(presented.tenantId, (db) => this.sessions.end(db, presented.secret))
    this.cookies.clear(reply, 'session')
    return sendPage(reply, signedOutPage(slug))
  }
}
