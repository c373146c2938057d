import { createHmac, randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { createFreshness } from '@writ/bundle'
import type { Freshness } from '@writ/bundle'
import { formatId, JoinAnswer } from '@writ/contracts'
import { createScrubbers } from '@writ/credentials'
import type { Brakes, Clock, Ledger, Steps } from '@writ/enforcement'
import { createSteps } from '@writ/enforcement'
import { createMemoryReplayGuard, createNonceFamily, createReplayPolicy, PROOF_LIFE_MS } from '@writ/identity'
import type { ReplayPolicy } from '@writ/identity'
import {
  createAcknowledger,
  createControlPlaneClient,
  createLiveBundles,
  createProblemReport,
  followChanges,
  openBundleCache,
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
import { connectRedis, createBundleFeed, createRedisReplayGuard } from '@writ/redis'
import type { BundleFeed, RedisLink } from '@writ/redis'
import type { Log } from '@writ/runtime'
import type { GatewayConfig } from './config.ts'
import { joinFleet } from './node/join.ts'
import { openBroker } from './node/broker.ts'
import type { GoverningMeans } from './policy/governing.ts'
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
  const records = await openRecords(config, {
    ...node,
    clock,
    newBoot: () => newId('boo'),
    isClockSuspect: () => freshness.isClockSuspect({ monotonicMs: monotonicMs(), wallMs: clock.nowMs() }),
    report,
  })
  const policy = await openBundles(config, stateDir, { node, redis, freshness, records, report })
  const upstreams = openUpstreams({ ...config, client: node.client, ...clocks, report })
  const governing = await openGoverning(governingMeans(stateDir, { node, redis, report }))
  const guards = openGuards(config, redis)
  const steps = createSteps({
    ...governing.ports,
    bundles: policy.bundles,
    ...guards,
    origin: config.publicOrigin,
    broker: await openBroker({ ...node, stateDir, nowMs: clock.nowMs }),
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
    bundles: policy.bundles,
    freshness,
    upstreams: upstreams.figures,
    ...healthOf(config, { node, freshness, spool: records.spool }),
    background: (signal) => runAll({ node, policy, parts: [records, governing, upstreams] }, signal),
    close: async () => {
      await Promise.all([upstreams.close(), records.close(), redis?.close(), node.close()])
    },
  }
}

type Running = {
  readonly node: Node
  readonly policy: Awaited<ReturnType<typeof openBundles>>
  readonly parts: readonly { readonly run: (signal: AbortSignal) => Promise<void> }[]
}

async function runAll({ node, policy, parts }: Running, signal: AbortSignal): Promise<void> {
  const joining = node.identity.keepJoined(signal)
  await node.identity.whenJoined(signal)
  await Promise.all([
    joining,
    policy.follow(signal),
    policy.acknowledge(signal),
    ...parts.map((part) => part.run(signal)),
  ])
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

type Redis = {
  readonly link: RedisLink
  readonly feed: BundleFeed
  readonly close: () => Promise<void>
}

/** Null in single-node mode. */
function openRedis(url: string | null, report: ReportProblem): Redis | null {
  if (url === null) return null
  const link = connectRedis(url, { onError: (error) => report('Redis does not answer', error) })
  return { link, feed: createBundleFeed(link), close: link.close }
}

const isWritable = (spool: Spool): boolean => !spool.isFenced && spool.hasRoom('ordinary')

const governingMeans = (stateDir: string, { node, redis, report }: Means): GoverningMeans => ({
  client: node.client,
  leaseKey: node.keys.leaseKey,
  redis: redis?.link ?? null,
  sessionsDir: join(stateDir, 'sessions'),
  nowMs: clock.nowMs,
  report,
})

type Means = { readonly node: Node; readonly redis: Redis | null; readonly report: ReportProblem }

type BundleMeans = Means & { readonly freshness: Freshness; readonly records: Records }

async function openBundles(
  config: GatewayConfig,
  stateDir: string,
  { node, redis, freshness, records, report }: BundleMeans,
) {
  const cache = await openBundleCache(join(stateDir, 'bundles'))
  const { outOfStepAfterMs, staleAfterMs } = config.bundleBounds
  const acknowledger = createAcknowledger(node.client.acknowledge, report)
  const trust = { keys: node.identity.bundleKeys, askForKeys: node.identity.askForKeys }
  const bundles = createLiveBundles({
    ...trust,
    head: redis ? redis.feed.head : null,
    fetch: node.client.bundle,
    cache,
    acknowledge: acknowledger.acknowledge,
    applied: records.ledger.applied,
    freshness,
    monotonicMs,
    outOfStepAfterMs,
    staleAfterMs,
    resident: config.tenantsResident,
    report,
  })
  const following = {
    ...trust,
    bundles,
    freshness,
    cache,
    redis: redis ? { feed: redis.feed, isReady: redis.link.isReady } : null,
    changes: node.client.changes,
    clock: { monotonicMs, wallMs: clock.nowMs },
    report,
  }
  return {
    bundles,
    follow: (signal: AbortSignal) => followChanges(following, signal),
    acknowledge: async (signal: AbortSignal) => {
      for (; !signal.aborted; await pause(ACKNOWLEDGE_EVERY_MS, signal)) await acknowledger.flush()
    },
  }
}

const ACKNOWLEDGE_EVERY_MS = 5000

/** What stands between a request and its being believed. */
function openGuards(config: GatewayConfig, redis: Redis | null) {
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
function openReplay(redis: Redis | null, joinSecret: string): ReplayPolicy {
  const { nowMs } = clock
  const local = createMemoryReplayGuard(nowMs)
  const alone = { local, nodeNonces: createNonceFamily({ secret: randomBytes(32), nowMs }), nowMs }
  if (redis === null)
    return createReplayPolicy({ ...alone, shared: local, nonceUntilMs: nowMs() + PROOF_LIFE_MS })
  const fleetSecret = createHmac('sha256', joinSecret).update('writ.fleet-nonces.v1').digest()
  const policy = createReplayPolicy({
    ...alone,
    shared: createRedisReplayGuard(redis.link, nowMs),
    fleetNonces: createNonceFamily({ secret: fleetSecret, nowMs }),
  })
  redis.link.client.on('close', policy.memoryWasAway)
  return policy
}
