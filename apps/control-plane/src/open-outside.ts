import { createLocalKeyProvider } from '@writ/credentials'
import { createNonceKeeper } from '@writ/identity'
import { createTenantScope, openDatabase, OutletQueries, PlatformQueries } from '@writ/postgres'
import { connectRedis, createBundlePublisher, createRecordQueue } from '@writ/redis'
import { createMetrics } from '@writ/runtime'
import type { Log, Metrics } from '@writ/runtime'
import type { Outside } from './app.module.ts'
import { servedFromPostgres } from './bundles/bundle-outlet.ts'
import { countedOutlet } from './bundles/counted-outlet.ts'
import type { Clock } from './clock.ts'
import { Faults } from './faults.ts'
import { BodyRooms } from './http/body-rooms.ts'
import { createBrakes } from './http/brakes.ts'
import { createOutletMetrics, watched } from './outlets/outlet-metrics.ts'
import { IndexLink } from './record-index/index-link.ts'
import { IndexStanding, withIndex } from './record-index/index-standing.ts'
import { Settings } from './settings.ts'
import { createDomainRecords } from './sso/domain-records.ts'
import { createOutbound } from './sso/outbound.ts'
import { withLogs } from './transparency/log-metrics.ts'
import type { Config } from './config.ts'

/** `metrics`: what operators look at. */
export type Opened = {
  readonly outside: Outside
  readonly metrics: Metrics
  readonly close: () => Promise<void>
}

/** Opens everything that the control plane talks to. `close` ends it again, last opened first. */
export async function openOutside(config: Config, clock: Clock, log: Log): Promise<Opened> {
  const settings = new Settings(config)
  const database = await openDatabase(settings.databaseUrl, {
    poolSize: 20,
    applicationName: 'writ control-plane',
  })
  const redis = settings.redisUrl === undefined ? null : connectRedis(settings.redisUrl)
  // Gateways post batches where there is no Redis or when it is away: what they post must not need it either.
  const transport = createRecordQueue({ kind: 'postgres', url: settings.databaseUrl })
  const outletQueries = new OutletQueries(database)
  const metrics = createMetrics()
  const outletMetrics = createOutletMetrics(metrics, outletQueries)
  const outside: Outside = {
    settings,
    clock,
    masterKey: createLocalKeyProvider(settings.masterKey),
    nonces: noncesOf(settings, clock),
    scope: createTenantScope(database),
    platform: new PlatformQueries(database),
    brakes: createBrakes(redis),
    rooms: new BodyRooms(),
    outlet: redis ? countedOutlet(createBundlePublisher(redis), metrics) : servedFromPostgres,
    transport,
    faults: new Faults(log),
    outbound: createOutbound(settings.identityProviders),
    outletQueries,
    outletMetrics,
    domainRecords: createDomainRecords(settings.domainProofResolvers),
    indexLink: new IndexLink(settings.recordIndex),
    indexStanding: new IndexStanding(() => performance.now()),
  }
  const close = async () => {
    await outside.indexLink.close()
    await transport.close()
    await redis?.close()
    await database.close()
  }
  const all = withLogs(watched(metrics, outletMetrics), outside.platform)
  return {
    outside,
    metrics: outside.indexLink.isSet ? withIndex(all, outside.indexStanding) : all,
    close,
  }
}

// Derived from the master key, so that every control plane knows the nonces of the others.
function noncesOf({ masterKey: secret }: Settings, clock: Clock): Outside['nonces'] {
  const nowMs = () => clock.nowMs()
  return {
    token: createNonceKeeper({ secret, scope: 'token endpoint', required: false, nowMs }),
    enrolment: createNonceKeeper({ secret, scope: 'enrolment', required: true, nowMs }),
  }
}
