import { Controller, Get, Param, Query, SerializeOptions } from '@nestjs/common'
import { BundleAnswer, ChangesAnswer, RosterPartAnswer, Slug } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { z } from 'zod'
import { notFound } from '../http/problem.ts'
import { Access } from '../tenancy/access.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { ChangeFeed } from './change-feed.ts'
import { rosterPartText } from './rosters.ts'

export const ChangesQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().default(0),
  waitSeconds: z.coerce.number().min(0).max(25).default(0),
})
export type ChangesQuery = z.infer<typeof ChangesQuery>

/** The name of a part of a roster, and of other documents that bundles name. */
export const NamedByHash = z.string().regex(/^[0-9a-f]{64}$/)

/** How gateways get bundles where there is no Redis, or while it is away (contracts, node.ts). */
@Controller('internal/v1')
@Access('node')
export class BundlesController {
  constructor(
    private readonly feed: ChangeFeed,
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
  ) {}

  @Get('changes')
  @SerializeOptions({ schema: ChangesAnswer })
  changes(@Query({ schema: ChangesQuery }) { after, waitSeconds }: ChangesQuery) {
    return this.feed.changesAfter(after, waitSeconds * 1000)
  }

  @Get('bundles/:slug')
  @SerializeOptions({ schema: BundleAnswer })
  async bundle(@Param('slug', { schema: Slug }) slug: string) {
    const head = await this.platform.bundleBySlug(slug)
    if (!head) throw notFound()
    return { bundle: head.signed }
  }

  @Get('bundles/:slug/parts/:sha256')
  @SerializeOptions({ schema: RosterPartAnswer })
  async part(
    @Param('slug', { schema: Slug }) slug: string,
    @Param('sha256', { schema: NamedByHash }) sha256: string,
  ) {
    const tenant = await this.tenancy.bySlug(slug)
    return { part: await this.tenancy.run(tenant, (db) => rosterPartText(db, sha256)) }
  }
}
