import type { Provider } from '@nestjs/common'
import { ConnectionsController } from './connections.controller.ts'
import { ConnectionsService } from './connections.service.ts'
import { UpstreamReportsController } from './upstream-reports.controller.ts'
import { UpstreamReportsService } from './upstream-reports.service.ts'

/** The upstreams of a tenant, and how its gateways fare with them. */
export const CONNECTION_CONTROLLERS = [ConnectionsController, UpstreamReportsController]
export const CONNECTION_SERVICES: Provider[] = [ConnectionsService, UpstreamReportsService]
