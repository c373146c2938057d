import type { BundleChange } from '@writ/contracts'
import type { RedisLink } from './connect.ts'
import { bundleKey, CHANGES, HEARTBEAT } from './keys.ts'

/** A bundle to publish. @property jws the signed bundle */
export type BundlePublication = BundleChange & { readonly jws: string }

/** Control-plane side of bundle distribution. Every call rejects when Redis does not answer: the outbox keeps the step. */
export type BundlePublisher = {
  /**
   * `mended`: published, and what stood there in another form than ours was removed. `outdated`: the head is at this version already, or past
   * it; nothing was written.
   */
  readonly publish: (publication: BundlePublication) => Promise<'published' | 'mended' | 'outdated'>
  /** Takes the head of a tenant that is gone away, and says so in the stream. */
  readonly withdraw: (change: BundleChange) => Promise<void>
  /** @param jws the signed heartbeat */
  readonly beat: (jws: string) => Promise<void>
  /** Versions of the published heads, in the order of the slugs; 0 where there is none that can be read, as after a flush. */
  readonly versionsOf: (slugs: readonly string[]) => Promise<number[]>
}

/** About how many changes a gateway may be behind before it reads all heads again. */
const KEPT_CHANGES = 10_000

/** Heads that are asked for at once. */
const PAGE = 500

/** These keys are the control plane's own: what somebody put there in another form must not end the publishing of anybody. */
const OWN = `
local function own(key, kind)
  local found = redis.call('TYPE', key).ok
  if found == kind or found == 'none' then return 0 end
  redis.call('DEL', key)
  return 1
end
local mended = own(KEYS[1], 'hash') + own(KEYS[2], 'stream')
local head = tonumber(redis.call('HGET', KEYS[1], 'version') or '0') or 0`

/**
 * Head, stream and hint in one atomic step, and only forward: two control planes that publish at once, or one that
 * publishes late, cannot take a head back.
 */
const COMPARE_AND_PUBLISH = `${OWN}
if head >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'jws', ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'seq', ARGV[3], 'tenant', ARGV[4], 'version', ARGV[1])
redis.call('PUBLISH', KEYS[2], ARGV[3])
return 1 + mended`

/** Not a newer head: the slug may be another tenant's by now. */
const WITHDRAW = `${OWN}
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
      if (wrote === 0) return 'outdated'
      return wrote === 1 ? 'published' : 'mended'
    },
    withdraw: async ({ tenant, version, seq }) => {
      await redis.client.eval(WITHDRAW, 2, bundleKey(tenant), CHANGES, version, seq, tenant, KEPT_CHANGES)
    },
    beat: async (jws) => {
      await redis.client.set(HEARTBEAT, jws)
    },
    versionsOf: async (slugs) => {
      const versions: number[] = []
      for (let at = 0; at < slugs.length; at += PAGE)
        versions.push(...(await versionsIn(redis, slugs.slice(at, at + PAGE))))
      return versions
    },
  }
}

/** A key of another form has no version; any other error is the server's. */
async function versionsIn({ client }: RedisLink, slugs: readonly string[]): Promise<number[]> {
  const asked = client.pipeline()
  for (const slug of slugs) asked.hget(bundleKey(slug), 'version')
  const answers = (await asked.exec()) ?? []
  return answers.map(([error, version]) => {
    if (error && !error.message.startsWith('WRONGTYPE')) throw error
    return Number(version ?? 0) || 0
  })
}
