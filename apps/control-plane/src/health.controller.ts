import { Controller, Get, Header, SerializeOptions } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import { z } from 'zod'
import { unavailable } from './http/problem.ts'
import { Access } from './tenancy/access.ts'

@Controller('healthz')
@Access('public')
export class HealthController {
  constructor(private readonly platform: PlatformQueries) {}

  /** Without Postgres nothing works here, so that is what is asked. */
  @Get()
  @Header('cache-control', 'no-store')
  @SerializeOptions({ schema: z.strictObject({ status: z.literal('ok') }) })
  async health() {
    await this.platform.feedPosition().catch(() => {
      throw unavailable('the database does not answer')
    })
    return { status: 'ok' }
  }
}
