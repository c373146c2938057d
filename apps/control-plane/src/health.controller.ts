import { Controller, Get, Header, SerializeOptions } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import { z } from 'zod'
import { unavailable } from './http/problem.ts'
import { IndexStanding } from './record-index/index-standing.ts'
import { Access } from './tenancy/access.ts'

const Health = z.strictObject({
  status: z.literal('ok'),
  stoppedLogs: z.int().positive().optional(),
  /** the desk is answered by Postgres alone */
  index: z.enum(['away', 'behind', 'foreign']).optional(),
})
type Health = z.infer<typeof Health>

@Controller('healthz')
@Access('public')
export class HealthController {
  constructor(
    private readonly platform: PlatformQueries,
    private readonly index: IndexStanding,
  ) {}

  /** Without Postgres nothing works here, so that is what is asked. Logs that are not sealed any more are counted: somebody must look. */
  @Get()
  @Header('cache-control', 'no-store')
  @SerializeOptions({ schema: Health })
  async health(): Promise<Health> {
    const stoppedLogs = await this.platform.stoppedLogs().catch(() => {
      throw unavailable('the database does not answer')
    })
    const { trouble } = this.index
    return { status: 'ok', ...(stoppedLogs > 0 && { stoppedLogs }), ...(trouble && { index: trouble }) }
  }
}
