import type { Metrics } from '@writ/runtime'
import type { GatewayServer } from './server/server.ts'
import type { World } from './world.ts'

const EVERY_MS = 1000

/** Figures that are a state and not an event, looked at every second. */
export function startGauges(metrics: Metrics, world: World, server: GatewayServer): { stop: () => void } {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help })
  const underWay = gauge('writ_calls_under_way', 'Calls and open streams.')
  const spoolRecords = gauge('writ_spool_records', 'Records that the ledger has not confirmed.')
  const spoolBytes = gauge('writ_spool_bytes', 'Bytes of records that the ledger has not confirmed.')
  const spool = watchSpool(metrics, world)
  const spoolFenced = gauge('writ_spool_fenced', '1 while records cannot be written.')
  const resident = gauge('writ_bundles_resident', 'Tenants whose bundle is in memory.')
  const newest = gauge('writ_bundle_newest_version', 'Highest bundle version in memory, over all tenants.')
  const age = gauge(
    'writ_bundle_age_seconds',
    'Since the control plane last vouched for the bundles; -1 before it did.',
  )
  const degraded = gauge('writ_gateway_degraded', '1 while the control plane has been silent for too long.')
  const upstreams = watchUpstreams(metrics, world)
  const look = () => {
    upstreams()
    spool()
    const versions = world.bundles.versions()
    const ageSeconds = world.freshness.ageMs(performance.now()) / 1000
    underWay.set(server.callsUnderWay())
    spoolRecords.set(world.spool.depth)
    spoolBytes.set(world.spool.usedBytes)
    spoolFenced.set(world.spool.isFenced ? 1 : 0)
    resident.set(versions.length)
    newest.set(versions.reduce((most, { version }) => Math.max(most, version), 0))
    degraded.set(world.degradedBy() === null ? 0 : 1)
    age.set(Number.isFinite(ageSeconds) ? ageSeconds : -1)
  }
  const timer = setInterval(look, EVERY_MS)
  return { stop: () => clearInterval(timer) }
}

/** How full it is of its bound, what else is on the disk, and what was given up. */
function watchSpool(metrics: Metrics, { records: { spool, ledger, way: wayOf } }: World): () => void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help })
  const share = gauge('writ_spool_share', 'How full the spool is, 1 being its bound: warns at 0.7.')
  const kept = gauge(
    'writ_spool_kept_bytes',
    'Bytes of confirmed records that are kept until they are archived.',
  )
  const early = gauge(
    'writ_spool_removed_early',
    'Segments that went before they were archived, for want of room.',
  )
  const stranded = gauge('writ_spool_stranded_streams', 'Streams whose earlier records are nowhere any more.')
  const faulty = gauge(
    'writ_spool_faulty_segments',
    'Segments of earlier starts that cannot be read to their end, and stay on the disk.',
  )
  const shed = gauge('writ_records_shed', 'Records that were left out, of tenants in standard.')
  const braked = gauge('writ_shipping_braked', '1 while the queue of records takes no more.')
  const direct = gauge('writ_shipping_direct', '1 while records go round the queue.')
  return () => {
    share.set(spool.usedBytes / spool.boundBytes)
    kept.set(spool.keptBytes)
    early.set(spool.removedEarly)
    stranded.set(spool.stranded)
    faulty.set(spool.faulty.length)
    shed.set(ledger.shed())
    const way = wayOf()
    braked.set(way === 'braked' ? 1 : 0)
    direct.set(way === 'direct' ? 1 : 0)
  }
}

/** How many upstreams and calls to them, never which. */
function watchUpstreams(metrics: Metrics, world: World): () => void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help })
  const pools = gauge('writ_upstream_pools', 'Upstreams to which sockets are kept.')
  const underWay = gauge('writ_upstream_calls_under_way', 'Calls and streams that an upstream has not ended.')
  const broken = gauge('writ_upstreams_broken', 'Upstreams that are not called because they failed.')
  const calls = metrics.counter({
    name: 'writ_upstream_calls_total',
    help: 'Calls to upstreams by how they ended.',
    labels: ['outcome'],
  })
  const counted = new Map<string, number>()
  return () => {
    const figures = world.upstreams()
    pools.set(figures.pools)
    underWay.set(figures.underWay)
    broken.set(figures.broken)
    for (const [outcome, count] of Object.entries(figures.outcomes)) {
      calls.inc({ outcome }, count - (counted.get(outcome) ?? 0))
      counted.set(outcome, count)
    }
  }
}
