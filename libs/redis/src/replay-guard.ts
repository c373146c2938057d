import type { ReplayGuard } from '@writ/identity'
import type { RedisLink } from './connect.ts'
import { replayKey } from './keys.ts'

/**
 * Remembers proofs for every gateway that shares this Redis. Whenever Redis does not say that a proof is new, it is not
 * taken for new: an error or a late answer is `unavailable`.
 * @param nowMs wall clock, milliseconds
 */
export function createRedisReplayGuard(redis: RedisLink, nowMs: () => number = Date.now): ReplayGuard {
  return {
    firstSeen: async (key, untilMs) => {
      const ttlMs = Math.max(1, Math.ceil(untilMs - nowMs()))
      try {
        const answer = await redis.client.set(replayKey(key), '1', 'PX', ttlMs, 'NX')
        return answer === 'OK' ? 'first' : 'seen'
      } catch {
        return 'unavailable'
      }
    },
  }
}
