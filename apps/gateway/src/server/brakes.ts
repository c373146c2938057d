import type { Bundle } from '@writ/contracts'
import type { Brakes, Wait } from '@writ/enforcement'

export type BrakeLimits = {
  /** requests that prove nothing, a minute and at once: from one address, and under the token of one agent */
  readonly failuresPerAddress: number
  readonly failuresPerAgent: number
}

/**
 * Counts in buckets that fill up again at a steady rate. Failures only ever hold back failures, so nobody who proves who they are
 * waits for others that fail from the same address, and each tenant has a bucket of its own.
 * @param nowMs monotonic milliseconds
 */
export function createBrakes(limits: BrakeLimits, nowMs: () => number): Brakes {
  const addresses = createBuckets(nowMs)
  const agents = createBuckets(nowMs)
  const tenants = createBuckets(nowMs)
  const refusals = createBuckets(nowMs)
  return {
    failed: (source, agent) => {
      const waits = [
        addresses.take(source, aMinute(limits.failuresPerAddress)),
        agent === null ? null : agents.take(agent, aMinute(limits.failuresPerAgent)),
      ]
      return longest(waits)
    },
    hasRoom: ({ id, requestsPerSecond }) => tenants.look(id, aSecond(requestsPerSecond)),
    unkept: ({ id }) => refusals.take(id, aMinute(UNKEPT_A_MINUTE)),
    called: ({ id, requestsPerSecond }: Bundle['tenant']) =>
      void tenants.take(id, aSecond(requestsPerSecond)),
  }
}

/** Refusals of a tenant that keeps no more records, which are recorded nevertheless: enough to see that they happen. */
const UNKEPT_A_MINUTE = 10

const aMinute = (size: number): Rate => ({ size, perMs: size / 60_000 })
const aSecond = (size: number): Rate => ({ size, perMs: size / 1_000 })

function longest(waits: readonly (Wait | null)[]): Wait | null {
  const real = waits.filter((wait) => wait !== null)
  if (real.length === 0) return null
  return {
    seconds: Math.max(...real.map(({ seconds }) => seconds)),
    isFirst: real.some(({ isFirst }) => isFirst),
  }
}

/** How much a bucket holds, and how fast it fills. */
type Rate = { readonly size: number; readonly perMs: number }

type Bucket = { left: number; atMs: number; toldAtMs: number }

/** Buckets at once of one kind; the one unused for longest is forgotten first, and is then full again. */
const MOST_BUCKETS = 20_000
/** Of one bucket that stays empty, this often a refusal counts as the first. */
const TELL_AGAIN_MS = 60_000

function createBuckets(nowMs: () => number) {
  const buckets = new Map<string, Bucket>()
  const filled = (key: string, { size, perMs }: Rate): Bucket => {
    const atMs = nowMs()
    const bucket = buckets.get(key) ?? { left: size, atMs, toldAtMs: -Infinity }
    bucket.left = Math.min(size, bucket.left + (atMs - bucket.atMs) * perMs)
    bucket.atMs = atMs
    buckets.delete(key)
    buckets.set(key, bucket)
    if (buckets.size > MOST_BUCKETS) forgetOldest(buckets)
    return bucket
  }
  const waitFor = (bucket: Bucket, { perMs }: Rate): Wait => {
    const isFirst = bucket.atMs - bucket.toldAtMs > TELL_AGAIN_MS
    if (isFirst) bucket.toldAtMs = bucket.atMs
    return { seconds: Math.max(1, Math.ceil((1 - bucket.left) / perMs / 1_000)), isFirst }
  }
  const look = (key: string, rate: Rate): Wait | null => {
    const bucket = filled(key, rate)
    return bucket.left >= 1 ? null : waitFor(bucket, rate)
  }
  const take = (key: string, rate: Rate): Wait | null => {
    const wait = look(key, rate)
    const bucket = buckets.get(key)
    if (wait === null && bucket) bucket.left -= 1
    return wait
  }
  return { look, take }
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const [oldest] = buckets.keys()
  if (oldest !== undefined) buckets.delete(oldest)
}
