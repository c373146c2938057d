import { createHmac, randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { createFreshness } from '@writ/bundle'
import type { Freshness } from '@writ/bundle'
import { formatId, JoinAnswer } from '@writ/contracts'
import { createScrubbers } from '@writ/credentials'
import type { Brakes, Clock, Ledger, Steps } from '@writ/enforcement'
import { createSteps } from '@writ/enforcement'
import { createMemoryReplayGuard, createNonceFamily, createReplayPolicy, PROOF_LIFE_MS } from '@writ/identity'
import type { ReplayPolicy } from '@writ/identity'
import {
  createControlPlaneClient,
  createProblemReport,
  openControlPlaneHttp,
  openNodeIdentity,
  openNodeKeys,
  pause,
  traceOf,
} from '@writ/point'
import type {
  ControlPlaneClient,
  LiveBundles,
  NodeIdentity,
  NodeKeys,
  ReportProblem,
  Spool,
} from '@writ/point'
import { connectRedis, createRedisReplayGuard } from '@writ/redis'
import type { RedisLink } from '@writ/redis'
import type { Log } from '@writ/runtime'
import type { GatewayConfig } from './config.ts'
import { joinFleet } from './node/join.ts'
import { openBroker } from './node/broker.ts'
import { openBundles } from './policy/bundles.ts'
import { openGoverning } from './policy/governing.ts'
import { createRandomPool } from './random-pool.ts'
import type { Records } from './records.ts'
import { openRecords } from './records.ts'
import { createBrakes } from './server/brakes.ts'
import { withAgentPlaces } from './upstream/agent-places.ts'
import { openUpstreams } from './upstream/upstreams.ts'
import type { UpstreamFigures } from './upstream/upstreams.ts'

/** Everything that mediation needs, made of this machine, the control plane and Redis. */
export type World = {
  readonly steps: Steps
  readonly records: Records
  readonly ledger: Ledger
  readonly clock: Clock
  readonly brakes: Brakes
  readonly identity: NodeIdentity
  readonly bundles: LiveBundles
  readonly freshness: Freshness
  readonly spool: Spool
  readonly upstreams: () => UpstreamFigures
  /** true while calls can be proven, decided and recorded */
  readonly isReady: () => boolean
  /** why less is answered than should be, or soon will be; null while all is well */
  readonly degradedBy: () => string | null
  /** everything that goes on beside the calls, until the signal aborts */
  readonly background: (signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/** Adapters to ports. Needs neither the control plane nor Redis to be there: what they bring comes when they do. */
export async function openWorld(config: GatewayConfig, log: Log): Promise<World> {
  const report = createProblemReport(log, clock.nowMs)
  const stateDir = resolve(config.stateDir)
  const node = await openNode(config, stateDir, report)
  const redis = openRedis(config.redisUrl, report)
  const freshness = createFreshness({ staleAfterMs: config.bundleBounds.staleAfterMs })
  const means = { ...node, ...clocks, stateDir, redis, freshness, report }
  const records = await openRecords(config, {
    ...means,
    clock,
    newBoot: () => newId('boo'),
    isClockSuspect: () => freshness.isClockSuspect({ monotonicMs: monotonicMs(), wallMs: clock.nowMs() }),
  })
  const bundles = await openBundles(config, { ...means, applied: records.ledger.applied })
  const upstreams = openUpstreams({ ...config, client: node.client, ...clocks, report })
  const governing = await openGoverning(means)
  const guards = openGuards(config, redis)
  const steps = createSteps({
    ...governing.ports,
    bundles: bundles.live,
    ...guards,
    origin: config.publicOrigin,
    broker: await openBroker(means),
    upstream: withAgentPlaces(upstreams.client, config.callsPerAgent),
    scrubberOf: createScrubbers(),
    nowMs: clock.nowMs,
    requestLimits: config.requestLimits,
    answerLimits: config.answerLimits,
    report: (bug, entry) => log.error({ decision: entry.received.decisionId, bug: traceOf(bug) }, 'a bug'),
  })
  return {
    steps,
    clock,
    brakes: guards.brakes,
    identity: node.identity,
    records,
    ledger: records.ledger,
    spool: records.spool,
    bundles: bundles.live,
    freshness,
    upstreams: upstreams.figures,
    ...healthOf(config, { node, freshness, spool: records.spool }),
    background: (signal) => runAll(node.identity, [bundles, records, governing, upstreams], signal),
    close: async () => {
      await Promise.all([upstreams.close(), records.close(), redis?.close(), node.close()])
    },
  }
}

type Part = { readonly run: (signal: AbortSignal) => Promise<void> }

async function runAll(
  { keepJoined, whenJoined }: NodeIdentity,
  parts: readonly Part[],
  signal: AbortSignal,
): Promise<void> {
  const joining = keepJoined(signal)
  await whenJoined(signal)
  await Promise.all([joining, ...parts.map((part) => part.run(signal))])
}

type Vitals = { readonly node: Node; readonly freshness: Freshness; readonly spool: Spool }

function healthOf({ bundleBounds }: GatewayConfig, { node, freshness, spool }: Vitals) {
  return {
    isReady: () => node.identity.node() !== null && freshness.isFresh(monotonicMs()) && isWritable(spool),
    degradedBy: () => {
      const silentMs = freshness.ageMs(monotonicMs())
      return silentMs > bundleBounds.degradedAfterMs ? silence(silentMs) : tightness(spool)
    },
  }
}

const isWritable = (spool: Spool): boolean => !spool.isFenced && spool.hasRoom('ordinary')

const silence = (silentMs: number): string =>
  Number.isFinite(silentMs)
    ? `no word from the control plane for ${Math.round(silentMs / 1000)} s`
    : 'no word from the control plane yet'

const tightness = ({ pressure, usedBytes, boundBytes }: Spool): string | null =>
  pressure === 'none'
    ? null
    : `the spool of records is ${Math.min(100, Math.floor((100 * usedBytes) / boundBytes))} % full`

const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMicros: () => performance.now() * 1000,
}
const monotonicMs = (): number => performance.now()
const clocks = { nowMs: clock.nowMs, monotonicMs }

/** An id of one kind, made now. */
export const newId = <P extends Parameters<typeof formatId>[0]>(prefix: P): ReturnType<typeof formatId<P>> =>
  formatId(prefix, clock.nowMs(), randomOf(10))

const randomOf = createRandomPool()

type Node = {
  readonly keys: NodeKeys
  readonly identity: NodeIdentity
  readonly client: ControlPlaneClient
  readonly close: () => Promise<void>
}

async function openNode(config: GatewayConfig, stateDir: string, report: ReportProblem): Promise<Node> {
  const keys = await openNodeKeys(stateDir)
  const http = openControlPlaneHttp(config.controlPlaneOrigin)
  const settings = {
    name: config.name,
    origin: config.publicOrigin,
    build: config.build,
    joinSecret: config.joinSecret,
  }
  const identity = await openNodeIdentity({
    stateDir,
    answer: JoinAnswer,
    join: () => joinFleet(http, keys, settings, clock.nowMs()),
    nowMs: clock.nowMs,
    report,
  })
  const client = createControlPlaneClient({
    http,
    node: identity.node,
    nodeKey: keys.nodeKey,
    prefix: '/internal/v1',
    nowMs: clock.nowMs,
  })
  return { keys, identity, client, close: http.close }
}

/** Null in single-node mode. */
const openRedis = (url: string | null, report: ReportProblem): RedisLink | null =>
  url === null ? null : connectRedis(url, { onError: (error) => report('Redis does not answer', error) })

/** What stands between a request and its being believed. */
function openGuards(config: GatewayConfig, redis: RedisLink | null) {
  const { replay, noncesFor, isMemoryAway } = openReplay(redis, config.joinSecret)
  return {
    replay,
    noncesFor,
    isReplayShared: () => !isMemoryAway(),
    brakes: createBrakes(config.brakes, monotonicMs),
    pause,
  }
}

/** Strict and shared in Redis; without one, the memory of this one process, which forgets with a restart. */
function openReplay(redis: RedisLink | null, joinSecret: string): ReplayPolicy {
  const { nowMs } = clock
  const local = createMemoryReplayGuard(nowMs)
  const alone = { local, nodeNonces: createNonceFamily({ secret: randomBytes(32), nowMs }), nowMs }
  if (redis === null)
    return createReplayPolicy({ ...alone, shared: local, nonceUntilMs: nowMs() + PROOF_LIFE_MS })
  const fleetSecret = createHmac('sha256', joinSecret).update('writ.fleet-nonces.v1').digest()
  const policy = createReplayPolicy({
    ...alone,
    shared: createRedisReplayGuard(redis, nowMs),
    fleetNonces: createNonceFamily({ secret: fleetSecret, nowMs }),
  })
  redis.client.on('close', policy.memoryWasAway)
  return policy
}
