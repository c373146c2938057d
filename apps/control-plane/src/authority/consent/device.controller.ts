import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  SerializeOptions,
} from '@nestjs/common'
import { DeviceAuthorizationAnswer, Slug } from '@writ/contracts'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Answers } from '../../http/answers.ts'
import { Brakes } from '../../http/brakes.ts'
import type { RimRequest } from '../../http/request.ts'
import { sendPage } from '../../pages/page.ts'
import { Settings } from '../../settings.ts'
import { isOwnForm } from '../../sign-in/own-form.ts'
import { notOwnFormPage } from '../../sign-in/sign-in.pages.ts'
import { Access } from '../../tenancy/access.ts'
import type { Tenant } from '../../tenancy/admission.ts'
import { HumanDoor } from '../../tenancy/human-door.ts'
import type { SignedIn } from '../../tenancy/human-door.ts'
import { Tenancy } from '../../tenancy/tenancy.ts'
import { FailureBrake } from '../failure-brake.ts'
import { formOf } from '../form.ts'
import { signedRequestOf } from '../signed-request.ts'
import { DeviceAuthorizationForm } from '../token-form.ts'
import { decidedPage, deviceConsentPage, userCodePage } from './consent.pages.ts'
import { DeviceService, userCodeOf } from './device.service.ts'
import { signInFirst } from './sign-in-first.ts'

const DeviceQuery = z.object({ user_code: z.string().max(32).optional() })
type DeviceQuery = z.infer<typeof DeviceQuery>

/** A device asks for a code, and a human says elsewhere what it may do (RFC 8628 §3.1, §3.3). */
@Controller('t/:slug/oauth')
@Access('public')
export class DeviceController {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly humans: HumanDoor,
    private readonly devices: DeviceService,
    private readonly brake: FailureBrake,
    private readonly brakes: Brakes,
  ) {}

  @Post('device_authorization')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Answers({ form: DeviceAuthorizationForm })
  @SerializeOptions({ schema: DeviceAuthorizationAnswer })
  async begin(@Param('slug', { schema: Slug }) slug: string, @Req() request: RimRequest) {
    const signed = signedRequestOf(request)
    return this.brake.run({ kind: 'token', slug, request }, (db) =>
      this.devices.begin(db, request.body, signed),
    )
  }

  @Get('device')
  async show(
    @Param('slug', { schema: Slug }) slug: string,
    @Query({ schema: DeviceQuery }) { user_code: typed }: DeviceQuery,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const tenant = await this.tenancy.activeOrPhantom(slug)
    const who = await this.humans.signedIn(request, slug)
    if (!who) return signInFirst(reply, slug, request)
    if (typed === undefined) return sendPage(reply, userCodePage(slug, false))
    const userCode = userCodeOf(typed)
    const waiting = await this.tenancy.run(tenant, (db) => this.devices.waiting(db, userCode))
    if (!waiting) return this.#wrongCode(reply, tenant, who)
    return sendPage(reply, deviceConsentPage({ slug, who, userCode, ...waiting }))
  }

  @Post('device')
  async decide(
    @Param('slug', { schema: Slug }) slug: string,
    @Body() body: unknown,
    @Req() request: RimRequest,
    @Res() reply: FastifyReply,
  ) {
    const tenant = await this.tenancy.activeOrPhantom(slug)
    const who = await this.humans.signedIn(request, slug)
    if (!who || !isOwnForm(request, this.settings.origin, who)) return sendPage(reply, notOwnFormPage(slug))
    const form = formOf(body)
    const userCode = userCodeOf(form.only('user_code'))
    const isAllowed = form.only('decision') === 'allow'
    const known = await this.tenancy.run(tenant, (db) => this.devices.decide(db, who, userCode, isAllowed))
    return known ? sendPage(reply, decidedPage(isAllowed)) : this.#wrongCode(reply, tenant, who)
  }

  /** Guessing is slow, whoever is signed in. @throws 429 */
  async #wrongCode(reply: FastifyReply, { id, slug }: Tenant, { human }: SignedIn): Promise<void> {
    await this.brakes.take('device', { tenant: id, principal: human })
    sendPage(reply, userCodePage(slug, true))
  }
}
