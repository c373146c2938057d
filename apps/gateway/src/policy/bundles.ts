import { join } from 'node:path'
import type { Freshness } from '@writ/bundle'
import type { CurrentBundle } from '@writ/enforcement'
import {
  createAcknowledger,
  createLiveBundles,
  createRosters,
  followChanges,
  openBundleCache,
  pause,
} from '@writ/point'
import type { ControlPlaneClient, LiveBundles, NodeIdentity, ReportProblem } from '@writ/point'
import type { RedisLink } from '@writ/redis'
import { createBundleFeed } from '@writ/redis'
import type { GatewayConfig } from '../config.ts'

export type BundleMeans = {
  readonly stateDir: string
  readonly identity: NodeIdentity
  readonly client: ControlPlaneClient
  /** null in single-node mode: bundles then come from the control plane alone */
  readonly redis: RedisLink | null
  readonly freshness: Freshness
  /** hears of each bundle that decides from here on */
  readonly applied: (current: CurrentBundle) => void
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  readonly report: ReportProblem
}

export type Bundles = {
  readonly live: LiveBundles
  /** what goes on beside the calls, until the signal aborts */
  readonly run: (signal: AbortSignal) => Promise<void>
}

const ACKNOWLEDGE_EVERY_MS = 5000

/** What the calls are decided by: the bundles of the tenants, followed and acknowledged. */
export async function openBundles(config: GatewayConfig, means: BundleMeans): Promise<Bundles> {
  const { identity, client, freshness, monotonicMs, report } = means
  const folder = join(means.stateDir, 'bundles')
  const cache = await openBundleCache(folder)
  const feed = means.redis && createBundleFeed(means.redis)
  const acknowledger = createAcknowledger(client.acknowledge, report)
  const trust = { keys: identity.bundleKeys, askForKeys: identity.askForKeys }
  const { outOfStepAfterMs, staleAfterMs } = config.bundleBounds
  const live = createLiveBundles({
    ...trust,
    head: feed && feed.head,
    fetch: client.bundle,
    cache,
    rosters: createRosters({ fetch: client.rosterPart, folder, report }),
    acknowledge: acknowledger.acknowledge,
    applied: means.applied,
    freshness,
    monotonicMs,
    outOfStepAfterMs,
    staleAfterMs,
    resident: config.tenantsResident,
    report,
  })
  const following = {
    ...trust,
    bundles: live,
    freshness,
    cache,
    redis: feed && means.redis && { feed, isReady: means.redis.isReady },
    changes: client.changes,
    clock: { monotonicMs, wallMs: means.nowMs },
    report,
  }
  const acknowledge = async (signal: AbortSignal): Promise<void> => {
    for (; !signal.aborted; await pause(ACKNOWLEDGE_EVERY_MS, signal)) await acknowledger.flush()
  }
  return {
    live,
    run: async (signal) => {
      await Promise.all([followChanges(following, signal), acknowledge(signal)])
    },
  }
}
