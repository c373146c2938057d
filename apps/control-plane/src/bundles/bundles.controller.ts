import { Controller, Get, Param, Query, SerializeOptions } from '@nestjs/common'
import { BundleAnswer, ChangesAnswer, Slug } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { z } from 'zod'
import { notFound } from '../http/problem.ts'
import { Access } from '../tenancy/access.ts'
import { ChangeFeed } from './change-feed.ts'

export const ChangesQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().default(0),
  waitSeconds: z.coerce.number().min(0).max(25).default(0),
})
export type ChangesQuery = z.infer<typeof ChangesQuery>

/** How gateways get bundles where there is no Redis, or while it is away (contracts, node.ts). */
@Controller('internal/v1')
@Access('node')
export class BundlesController {
  constructor(
    private readonly feed: ChangeFeed,
    private readonly platform: PlatformQueries,
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
}
