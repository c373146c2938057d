import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, SerializeOptions } from '@nestjs/common'
import {
  ApprovalAnswer,
  ApprovalClaim,
  BundleAcknowledgement,
  BundleAnswer,
  CatalogueReport,
  ChangesAnswer,
  ContentKeyAnswer,
  ContentKeyRequest,
  PackagesAnswer,
  RosterPartAnswer,
  SessionEnd,
  SessionId,
  Slug,
} from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { DeviceRow } from '@writ/postgres'
import { ClaimsService } from '../approvals/claims.service.ts'
import { ChangesQuery, NamedByHash } from '../bundles/bundles.controller.ts'
import { rosterPartText } from '../bundles/rosters.ts'
import { notFound } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { AcknowledgementsService } from '../nodes/acknowledgements.service.ts'
import { ContentKeysService } from '../nodes/content-keys.service.ts'
import { SessionsService } from '../sessions/sessions.service.ts'
import { Access } from '../tenancy/access.ts'
import { OfDevice } from '../tenancy/decorators.ts'
import { CataloguesService } from '../tools/catalogues.service.ts'
import { DeviceFeed } from './device-feed.ts'
import { DeviceStanding, requireStanding } from './device-standing.ts'
import { PackagesService } from './packages.service.ts'

/** What the daemon of a device asks for, of its own tenant, while it counts (contracts, node.ts). */
@Controller('t/:slug/device/v1')
@Access('device')
export class DeviceWireController {
  // oxlint-disable-next-line max-params -- one for each thing that devices ask for
  constructor(
    private readonly standing: DeviceStanding,
    private readonly feed: DeviceFeed,
    private readonly platform: PlatformQueries,
    private readonly acknowledgements: AcknowledgementsService,
    private readonly contentKeys: ContentKeysService,
    private readonly claims: ClaimsService,
    private readonly sessions: SessionsService,
    private readonly catalogues: CataloguesService,
    private readonly packages: PackagesService,
  ) {}

  @Get('changes')
  @SerializeOptions({ schema: ChangesAnswer })
  changes(
    @OfDevice() device: DeviceRow,
    @Query({ schema: ChangesQuery }) { after, waitSeconds }: ChangesQuery,
  ) {
    return this.feed.changesAfter(device, after, waitSeconds * 1000)
  }

  @Get('bundles/:tenant')
  @SerializeOptions({ schema: BundleAnswer })
  async bundle(@OfDevice() device: DeviceRow, @Param('tenant', { schema: Slug }) tenant: string) {
    await this.standing.require(device, tenant)
    const head = await this.platform.bundleBySlug(device.slug)
    if (!head) throw notFound()
    return { bundle: head.signed }
  }

  @Get('bundles/:tenant/parts/:sha256')
  @SerializeOptions({ schema: RosterPartAnswer })
  async part(
    @OfDevice() device: DeviceRow,
    @Param('tenant', { schema: Slug }) tenant: string,
    @Param('sha256', { schema: NamedByHash }) sha256: string,
  ) {
    return { part: await this.standing.in(device, tenant, (db) => rosterPartText(db, sha256)) }
  }

  @Get('packages/:sha256')
  @SerializeOptions({ schema: PackagesAnswer })
  async packagesNamed(
    @OfDevice() device: DeviceRow,
    @Param('sha256', { schema: NamedByHash }) sha256: string,
  ) {
    const packages = await this.standing.in(device, device.slug, (db) => this.packages.signed(db, sha256))
    return { packages }
  }

  @Post('acknowledgements')
  @HttpCode(204)
  async acknowledge(
    @OfDevice() device: DeviceRow,
    @Body({ schema: BundleAcknowledgement }) acknowledgement: BundleAcknowledgement,
  ) {
    await this.standing.require(device, acknowledgement.tenant)
    await this.acknowledgements.keep(device, acknowledgement)
  }

  @Post('content-keys')
  @HttpCode(200)
  @SerializeOptions({ schema: ContentKeyAnswer })
  async contentKey(
    @OfDevice() device: DeviceRow,
    @Body({ schema: ContentKeyRequest }) request: ContentKeyRequest,
  ) {
    await this.standing.require(device, request.tenant)
    return this.contentKeys.give(device, request)
  }

  /** In the name of its own agent only: nobody uses up what was approved for another one. */
  @Post('approvals')
  @HttpCode(200)
  @SerializeOptions({ schema: ApprovalAnswer })
  async claim(
    @OfDevice() device: DeviceRow,
    @Req() request: RimRequest,
    @Body({ schema: ApprovalClaim }) claim: ApprovalClaim,
  ) {
    await this.standing.require(device, claim.tenant)
    if (claim.agent !== device.agentId) throw notFound()
    return this.claims.claim(claim, {
      isGone: () => request.raw.socket.destroyed,
      stillCounts: (db) => requireStanding(db, device),
    })
  }

  @Post('sessions/:id/end')
  @HttpCode(204)
  async end(
    @OfDevice() device: DeviceRow,
    @Param('id', { schema: SessionId }) id: SessionId,
    @Body({ schema: SessionEnd }) end: SessionEnd,
  ) {
    await this.standing.require(device, end.tenant)
    await this.sessions.endOwn(device, id, end)
  }

  @Post('catalogues')
  @HttpCode(204)
  async report(@OfDevice() device: DeviceRow, @Body({ schema: CatalogueReport }) report: CatalogueReport) {
    await this.standing.require(device, report.tenant)
    await this.catalogues.keep(report, device.agentId)
  }
}
