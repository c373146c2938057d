import { createHash } from 'node:crypto'
import type { TenantId } from '@writ/contracts'
import type { RedisLink } from '@writ/redis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { ProblemError } from './problem.ts'
import type { RimRequest } from './request.ts'

/** What is slowed down. */
export const BRAKE_KINDS = ['login', 'enrolment', 'token', 'device', 'api-key'] as const
export type BrakeKind = (typeof BRAKE_KINDS)[number]

/**
 * Who is slowed down: at one tenant, a source address (`sourceOf`) or a principal. So whoever floods one tenant is slow there, and nowhere
 * else. `tenant` null: a request that names none. For a tenant that does not exist it is the id of its phantom: slowed down together,
 * such names would be told from those that are taken.
 */
export type Braked = { readonly tenant: TenantId | null } & (
  | { readonly source: string }
  | { readonly principal: string }
)

/** How many in a minute. A source is many people behind one address, and counts what failed. */
export type BrakeLimits = {
  readonly [kind in BrakeKind]: { readonly source: number; readonly principal: number }
}
export const BRAKE_LIMITS: BrakeLimits = {
  login: { source: 60, principal: 10 },
  enrolment: { source: 60, principal: 10 },
  token: { source: 240, principal: 60 },
  device: { source: 60, principal: 60 },
  'api-key': { source: 300, principal: 60 },
}
const MINUTE_S = 60

/** Counts what fails, or costs, per source and per principal. A port, injected by class. */
export abstract class Brakes {
  /** Counts one more. @throws 429 with Retry-After, once there were too many in this minute */
  abstract take(kind: BrakeKind, braked: Braked): Promise<void>
}

/** @param redis null: counted in this process only, as when Redis is away */
export function createBrakes(redis: RedisLink | null, limits: BrakeLimits = BRAKE_LIMITS): Brakes {
  const limiters = new Map(
    BRAKE_KINDS.flatMap((kind) =>
      (['source', 'principal'] as const).map((of) => [`${kind}:${of}`, limiterOf(redis, limits[kind][of])]),
    ),
  )
  return {
    take: async (kind, braked) => {
      const of = 'source' in braked ? 'source' : 'principal'
      const limiter = limiters.get(`${kind}:${of}`)
      try {
        await limiter?.consume(brakeKey(kind, braked))
      } catch (refused) {
        throw refused instanceof RateLimiterRes ? tooMany(refused.msBeforeNext) : refused
      }
    },
  }
}

// Without Redis each process counts by itself: less strict, never without a limit.
function limiterOf(redis: RedisLink | null, points: number): RateLimiterMemory | RateLimiterRedis {
  const options = { points, duration: MINUTE_S, keyPrefix: '' }
  const insuranceLimiter = new RateLimiterMemory(options)
  if (!redis) return insuranceLimiter
  return new RateLimiterRedis({
    ...options,
    storeClient: redis.client,
    rejectIfRedisNotReady: true,
    insuranceLimiter,
  })
}

/** The key in Redis: prefixed by the tenant, and without anything that a caller wrote. */
export function brakeKey(kind: BrakeKind, braked: Braked): string {
  const [of, who] = 'source' in braked ? ['source', braked.source] : ['principal', braked.principal]
  const hash = createHash('sha256').update(who).digest('base64url').slice(0, 22)
  return `writ:brake:${braked.tenant ?? '-'}:${kind}:${of}:${hash}`
}

/** Whoever has one IPv6 address has the 64 bits below its network too. */
export function sourceOf({ ip }: Pick<RimRequest, 'ip'>): string {
  const address = ip.replace(/^::ffff:(?=\d+\.)/, '')
  return address.includes(':') ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address
}

/** The eight groups of an IPv6 address, written out. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::')
  const before = partsOf(head)
  if (tail === undefined) return before
  const after = partsOf(tail)
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
}

const partsOf = (groups: string): string[] =>
  groups
    .split(':')
    .filter((group) => group !== '')
    .map((group) => Number.parseInt(group, 16).toString(16))

const tooMany = (waitMs: number): ProblemError =>
  new ProblemError(
    { title: 'Too Many Requests', status: 429, detail: 'too many attempts: try again later' },
    { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  )
