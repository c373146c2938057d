import type { BundleChange } from '@writ/contracts'
import type { RedisLink } from './connect.ts'
import { bundleKey, CHANGES, HEARTBEAT } from './keys.ts'

/** A bundle to publish. @property jws the signed bundle */
export type BundlePublication = BundleChange & { readonly jws: string }

/** Control-plane side of bundle distribution. Every call rejects when Redis does not answer: the outbox keeps the step. */
export type BundlePublisher = {
  /** `outdated`: the head is at this version already, or past it; nothing was written. */
  readonly publish: (publication: BundlePublication) => Promise<'published' | 'outdated'>
  /** Takes the head of a tenant that is gone away, and says so in the stream. */
  readonly withdraw: (change: BundleChange) => Promise<void>
  /** @param jws the signed heartbeat */
  readonly beat: (jws: string) => Promise<void>
  /** Version of the published head; null when there is none, as after a flush. */
  readonly versionOf: (slug: string) => Promise<number | null>
}

/** About how many changes a gateway may be behind before it reads all heads again. */
const KEPT_CHANGES = 10_000

/**
 * Head, stream and hint in one atomic step, and only forward: two control planes that publish at once, or one that
 * publishes late, cannot take a head back.
 */
const COMPARE_AND_PUBLISH = `
local head = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if head >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'jws', ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'seq', ARGV[3], 'tenant', ARGV[4], 'version', ARGV[1])
redis.call('PUBLISH', KEYS[2], ARGV[3])
return 1`

/** Not a newer head: the slug may be another tenant's by now. */
const WITHDRAW = `
local head = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if head > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'seq', ARGV[2], 'tenant', ARGV[3], 'version', ARGV[1])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return 1`

export function createBundlePublisher(redis: RedisLink): BundlePublisher {
  return {
    publish: async ({ tenant, version, seq, jws }) => {
      const keys = [bundleKey(tenant), CHANGES]
      const wrote = await redis.client.eval(
        COMPARE_AND_PUBLISH,
        2,
        ...keys,
        version,
        jws,
        seq,
        tenant,
        KEPT_CHANGES,
      )
      return wrote === 1 ? 'published' : 'outdated'
    },
    withdraw: async ({ tenant, version, seq }) => {
      await redis.client.eval(WITHDRAW, 2, bundleKey(tenant), CHANGES, version, seq, tenant, KEPT_CHANGES)
    },
    beat: async (jws) => {
      await redis.client.set(HEARTBEAT, jws)
    },
    versionOf: async (slug) => {
      const version = await redis.client.hget(bundleKey(slug), 'version')
      return version === null ? null : Number(version)
    },
  }
}
