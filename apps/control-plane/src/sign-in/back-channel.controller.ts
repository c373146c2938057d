import { Controller, Param, Post, Req, Res } from '@nestjs/common'
import { Slug, SsoConnectionId } from '@writ/contracts'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Answers } from '../http/answers.ts'
import { Brakes, sourceOf } from '../http/brakes.ts'
import { ProblemError } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { Access } from '../tenancy/access.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { BackChannelService } from './back-channel.service.ts'

const LogoutForm = z.object({ logout_token: z.string() })

/** OpenID Connect Back-Channel Logout 1.0. One answer for whatever does not hold. */
@Controller('t/:slug/sign-in/:sso/logout')
@Access('public')
export class BackChannelController {
  constructor(
    private readonly tenancy: Tenancy,
    private readonly backChannel: BackChannelService,
    private readonly brakes: Brakes,
  ) {}

  @Post()
  @Answers({ form: LogoutForm })
  async logOut(
    @Param('slug', { schema: Slug }) slug: string,
    @Param('sso', { schema: SsoConnectionId }) sso: SsoConnectionId,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const isDone = await this.#done(slug, sso, request.body)
    // What holds is never slowed down: a provider may end many sessions at once.
    if (!isDone) await this.brakes.take('token', { tenant: null, source: sourceOf(request) })
    void reply
      .status(isDone ? 200 : 400)
      .headers({ 'cache-control': 'no-store', 'content-type': 'application/json' })
    void reply.send(Buffer.from(JSON.stringify(isDone ? {} : { error: 'invalid_request' })))
  }

  async #done(slug: string, sso: SsoConnectionId, body: unknown): Promise<boolean> {
    const tokens = body instanceof URLSearchParams ? body.getAll('logout_token') : []
    const [token] = tokens
    if (token === undefined || tokens.length !== 1) return false
    try {
      return await this.backChannel.logOut(await this.tenancy.bySlug(slug), sso, token)
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) return false
      throw error
    }
  }
}
