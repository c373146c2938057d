import { join } from 'node:path'
import { createFreshness } from '@writ/bundle'
import type { Freshness } from '@writ/bundle'
import { isRefusal, Refusal } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import {
  createAcknowledger,
  createLiveBundles,
  createRosters,
  followChanges,
  openBundleCache,
  pause,
} from '@writ/point'
import type { Acknowledger, BundleCache, LiveBundles, ReportProblem } from '@writ/point'
import { monotonicMs } from '../moment.ts'
import type { DevicePackages } from './device-packages.ts'
import { createDevicePackages } from './device-packages.ts'
import type { TenantMeans, Wire } from './wire.ts'

/** Longest that a bundle may say it can be used without word, in milliseconds. */
const LONGEST_OFFLINE_MS = 30 * 86_400_000
const ACKNOWLEDGE_EVERY_MS = 5000
/** a question is denied after 1.5 s */
const PATIENCE_MS = 1000

export type DeviceBundles = {
  /** the bundle at hand, or the one on disk, or the control plane's: in time for a question */
  readonly load: () => Promise<CurrentBundle | Refusal>
  readonly current: () => CurrentBundle | null
  readonly packages: DevicePackages
  readonly silentMs: () => number | null
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** The bundle of one tenant, kept current by long polls, for as long without word as it says itself. */
export async function openDeviceBundles(means: TenantMeans, wire: Wire): Promise<DeviceBundles> {
  const parts = await openParts(means, wire)
  const { bundles, freshness, packages } = parts
  const { tenant: slug } = means.source.stored.profile
  let last: CurrentBundle | null = null
  const load = async (): Promise<CurrentBundle | Refusal> => {
    const current = await inTime(bundles.current(slug))
    if (!isRefusal(current)) last = current
    return current
  }
  return {
    load,
    current: () => last,
    packages,
    silentMs: () => {
      const ageMs = freshness.ageMs(monotonicMs())
      return Number.isFinite(ageMs) ? ageMs : null
    },
    run: async (signal) => {
      await Promise.all([follow(parts, means, wire, signal), tend(load, parts, means.report, signal)])
    },
  }
}

type Parts = {
  readonly bundles: LiveBundles
  readonly cache: BundleCache
  readonly freshness: Freshness
  readonly acknowledger: Acknowledger
  readonly packages: DevicePackages
}

async function openParts({ report }: TenantMeans, { identity, client, stateDir }: Wire): Promise<Parts> {
  const folder = join(stateDir, 'bundles')
  const cache = await openBundleCache(folder)
  const freshness = createFreshness({ staleAfterMs: LONGEST_OFFLINE_MS })
  const acknowledger = createAcknowledger(client.acknowledge, report)
  const bundles = createLiveBundles({
    keys: identity.bundleKeys,
    askForKeys: identity.askForKeys,
    head: null,
    fetch: client.bundle,
    cache,
    rosters: createRosters({ fetch: client.rosterPart, folder, report }),
    acknowledge: acknowledger.acknowledge,
    freshness,
    monotonicMs,
    outOfStepAfterMs: LONGEST_OFFLINE_MS,
    staleAfterMs: LONGEST_OFFLINE_MS,
    staleAfterMsOf: ({ hooks }) => hooks.offlineSeconds * 1000,
    resident: 1,
    report,
  })
  const { packages: fetch } = client
  const packages = createDevicePackages({ fetch, keys: identity.bundleKeys, folder: stateDir })
  return { bundles, cache, freshness, acknowledger, packages }
}

function follow(
  { bundles, freshness, cache }: Parts,
  { report }: TenantMeans,
  { identity, client, seen, standing }: Wire,
  signal: AbortSignal,
): Promise<void> {
  const following = {
    keys: identity.bundleKeys,
    askForKeys: identity.askForKeys,
    bundles,
    freshness,
    cache,
    redis: null,
    changes: (...asked: Parameters<typeof client.changes>) => standing.heard(client.changes(...asked)),
    clock: { monotonicMs, wallMs: seen.nowMs },
    report,
  }
  return followChanges(following, signal)
}

/** Says again what was not heard, and fetches what the bundle names. */
async function tend(
  load: DeviceBundles['load'],
  { acknowledger, packages }: Parts,
  report: ReportProblem,
  signal: AbortSignal,
): Promise<void> {
  for (; !signal.aborted; await pause(ACKNOWLEDGE_EVERY_MS, signal)) {
    await acknowledger.flush()
    const current = await load()
    if (isRefusal(current)) continue
    await packages.keepUp(current).catch((error: unknown) => report('packages', error))
  }
}

/** A control plane that is slow to answer must not be waited for longer than a client waits. */
async function inTime(loading: Promise<CurrentBundle | Refusal>): Promise<CurrentBundle | Refusal> {
  const late = new AbortController()
  const tooLate = pause(PATIENCE_MS, late.signal).then(() => new Refusal('policy_unavailable'))
  const current = await Promise.race([loading, tooLate])
  late.abort()
  return current
}
