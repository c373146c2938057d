import { Module } from '@nestjs/common'
import type { DynamicModule, Provider } from '@nestjs/common'
import { APP_GUARD, DiscoveryModule } from '@nestjs/core'
import { OutletQueries, PlatformQueries, TenantScope } from '@writ/postgres'
import { AccessGroupsController } from './access-groups/access-groups.controller.ts'
import { AccessGroupsService } from './access-groups/access-groups.service.ts'
import { AdministrationInterceptor } from './administration/administration.interceptor.ts'
import { Administrations } from './administration/administrations.ts'
import { ControlPlaneNode } from './administration/record-node.ts'
import { RecordSealer } from './administration/record-sealer.ts'
import { Sealing } from './administration/sealing.ts'
import { Views } from './administration/views.ts'
import { AgentsController } from './agents/agents.controller.ts'
import { AgentsService } from './agents/agents.service.ts'
import { ApiKeysController } from './api-keys/api-keys.controller.ts'
import { ApiKeysService } from './api-keys/api-keys.service.ts'
import { ApprovalsController } from './approvals/approvals.controller.ts'
import { ApprovalsService } from './approvals/approvals.service.ts'
import { ClaimsController } from './approvals/claims.controller.ts'
import { ClaimsService } from './approvals/claims.service.ts'
import { AuthorityNonces } from './authority/nonces.ts'
import { AUTHORITY_CONTROLLERS, AUTHORITY_SERVICES } from './authority/parts.ts'
import { BundleKeys } from './bundles/bundle-keys.ts'
import { BundleOutlet } from './bundles/bundle-outlet.ts'
import { BundlesController } from './bundles/bundles.controller.ts'
import { ChangeFeed } from './bundles/change-feed.ts'
import { CommitWatch } from './bundles/commit-watch.ts'
import { Mint } from './bundles/mint.ts'
import { Publication } from './bundles/publication.ts'
import { Publisher } from './bundles/publisher.ts'
import { Remint } from './bundles/remint.ts'
import { Clock } from './clock.ts'
import { CONNECTION_CONTROLLERS, CONNECTION_SERVICES } from './connections/parts.ts'
import { DEVICE_CONTROLLERS, DEVICE_SERVICES } from './devices/parts.ts'
import { Faults } from './faults.ts'
import { FindingsController } from './findings/findings.controller.ts'
import { FindingsService } from './findings/findings.service.ts'
import { Reconciler } from './findings/reconciler.ts'
import { Reconciliation } from './findings/reconciliation.ts'
import { GatewaysController } from './gateways/gateways.controller.ts'
import { HealthController } from './health.controller.ts'
import { BodyRooms } from './http/body-rooms.ts'
import { Brakes } from './http/brakes.ts'
import { FrontDoor } from './http/front-door.ts'
import { INVENTORY_CONTROLLERS, INVENTORY_SERVICES } from './inventory/parts.ts'
import { NODE_CONTROLLERS, NODE_SERVICES } from './nodes/parts.ts'
import { RecordTransport } from './nodes/record-transport.ts'
import { OpenApiController } from './openapi/openapi.controller.ts'
import { OutletMetrics } from './outlets/outlet-metrics.ts'
import { OUTLET_CONTROLLERS, OUTLET_SERVICES } from './outlets/parts.ts'
import { OverridesController } from './overrides/overrides.controller.ts'
import { OverridesService } from './overrides/overrides.service.ts'
import { PACK_CONTROLLERS, PACK_SERVICES } from './packs/parts.ts'
import { PEOPLE_CONTROLLERS, PEOPLE_SERVICES } from './people.ts'
import { POLICY_CONTROLLERS, POLICY_SERVICES } from './policies/parts.ts'
import { IndexLink } from './record-index/index-link.ts'
import { IndexStanding } from './record-index/index-standing.ts'
import { RECORD_CONTROLLERS, RECORD_SERVICES } from './records/parts.ts'
import { RETENTION_CONTROLLERS, RETENTION_SERVICES } from './retention/parts.ts'
import { SessionsController } from './sessions/sessions.controller.ts'
import { SessionsService } from './sessions/sessions.service.ts'
import { Settings } from './settings.ts'
import { Losses } from './silence/losses.ts'
import { Reaping } from './silence/reaping.ts'
import { SilenceWatch } from './silence/silence-watch.ts'
import { DomainRecords } from './sso/domain-records.ts'
import { Outbound } from './sso/outbound.ts'
import { AccessCheck } from './tenancy/access-check.ts'
import { AccessGuard } from './tenancy/access.guard.ts'
import { ApiKeyDoor } from './tenancy/api-key-door.ts'
import { KeyUse } from './tenancy/key-use.ts'
import { MasterKey } from './tenancy/master-key.ts'
import { Phantoms } from './tenancy/phantoms.ts'
import { Tenancy } from './tenancy/tenancy.ts'
import { TenantScopeInterceptor } from './tenancy/tenant-scope.interceptor.ts'
import { TenantSecrets } from './tenancy/tenant-secrets.ts'
import { Newborn } from './tenants/newborn.ts'
import { RecordsKept } from './tenants/records-kept.ts'
import { RecordsWatch } from './tenants/records-watch.ts'
import { TenantExport } from './tenants/tenant-export.ts'
import { TenantLifeService } from './tenants/tenant-life.service.ts'
import { TenantController } from './tenants/tenant.controller.ts'
import { TenantsController } from './tenants/tenants.controller.ts'
import { TenantsService } from './tenants/tenants.service.ts'
import { CataloguesController } from './tools/catalogues.controller.ts'
import { CataloguesService } from './tools/catalogues.service.ts'
import { ToolsController } from './tools/tools.controller.ts'
import { ToolsService } from './tools/tools.service.ts'
import { TRANSPARENCY_CONTROLLERS, TRANSPARENCY_SERVICES } from './transparency/parts.ts'

/** What the composition root brings in: the ports, as things that are open already. */
export type Outside = {
  readonly settings: Settings
  readonly clock: Clock
  readonly masterKey: MasterKey
  readonly nonces: AuthorityNonces
  readonly scope: TenantScope
  readonly platform: PlatformQueries
  readonly brakes: Brakes
  readonly rooms: BodyRooms
  readonly outlet: BundleOutlet
  readonly transport: RecordTransport
  readonly faults: Faults
  readonly outbound: Outbound
  readonly outletQueries: OutletQueries
  readonly outletMetrics: OutletMetrics
  readonly domainRecords: DomainRecords
  readonly indexLink: IndexLink
  readonly indexStanding: IndexStanding
}

const CONTROLLERS = [
  ...NODE_CONTROLLERS,
  ...POLICY_CONTROLLERS,
  ...AUTHORITY_CONTROLLERS,
  ...CONNECTION_CONTROLLERS,
  ...RECORD_CONTROLLERS,
  ...RETENTION_CONTROLLERS,
  ...OUTLET_CONTROLLERS,
  AccessGroupsController,
  AgentsController,
  ApiKeysController,
  ApprovalsController,
  BundlesController,
  CataloguesController,
  ClaimsController,
  FindingsController,
  GatewaysController,
  HealthController,
  OpenApiController,
  OverridesController,
  SessionsController,
  TenantController,
  TenantsController,
  ToolsController,
]

const SERVICES: Provider[] = [
  ...NODE_SERVICES,
  ...POLICY_SERVICES,
  ...AUTHORITY_SERVICES,
  ...CONNECTION_SERVICES,
  ...RECORD_SERVICES,
  ...RETENTION_SERVICES,
  ...OUTLET_SERVICES,
  AccessCheck,
  AccessGroupsService,
  AdministrationInterceptor,
  Administrations,
  AgentsService,
  ApiKeyDoor,
  ApiKeysService,
  ApprovalsService,
  BundleKeys,
  CataloguesService,
  ChangeFeed,
  ClaimsService,
  CommitWatch,
  ControlPlaneNode,
  FindingsService,
  FrontDoor,
  KeyUse,
  Mint,
  Newborn,
  OverridesService,
  Phantoms,
  Publication,
  Publisher,
  Losses,
  Reaping,
  Reconciler,
  SilenceWatch,
  Reconciliation,
  RecordSealer,
  RecordsKept,
  RecordsWatch,
  Remint,
  Sealing,
  SessionsService,
  Tenancy,
  TenantExport,
  TenantLifeService,
  TenantScopeInterceptor,
  TenantSecrets,
  TenantsService,
  ToolsService,
  Views,
]

@Module({})
export class AppModule {
  static around(outside: Outside): DynamicModule {
    return {
      module: AppModule,
      imports: [DiscoveryModule],
      controllers: [
        ...CONTROLLERS,
        ...PEOPLE_CONTROLLERS,
        ...DEVICE_CONTROLLERS,
        ...INVENTORY_CONTROLLERS,
        ...PACK_CONTROLLERS,
        ...TRANSPARENCY_CONTROLLERS,
      ],
      providers: [
        ...SERVICES,
        ...PEOPLE_SERVICES,
        ...DEVICE_SERVICES,
        ...INVENTORY_SERVICES,
        ...PACK_SERVICES,
        ...TRANSPARENCY_SERVICES,
        ...portsOf(outside),
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
    }
  }
}

const portsOf = (outside: Outside): Provider[] => [
  { provide: Settings, useValue: outside.settings },
  { provide: Clock, useValue: outside.clock },
  { provide: MasterKey, useValue: outside.masterKey },
  { provide: AuthorityNonces, useValue: outside.nonces },
  { provide: TenantScope, useValue: outside.scope },
  { provide: PlatformQueries, useValue: outside.platform },
  { provide: Brakes, useValue: outside.brakes },
  { provide: BodyRooms, useValue: outside.rooms },
  { provide: BundleOutlet, useValue: outside.outlet },
  { provide: RecordTransport, useValue: outside.transport },
  { provide: Faults, useValue: outside.faults },
  { provide: Outbound, useValue: outside.outbound },
  { provide: OutletQueries, useValue: outside.outletQueries },
  { provide: OutletMetrics, useValue: outside.outletMetrics },
  { provide: DomainRecords, useValue: outside.domainRecords },
  { provide: IndexLink, useValue: outside.indexLink },
  { provide: IndexStanding, useValue: outside.indexStanding },
]
