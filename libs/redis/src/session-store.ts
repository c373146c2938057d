import { readSessionState, SESSION_KEPT_MS } from '@writ/contracts'
import type { SessionKey, SessionStore } from '@writ/enforcement'
import type { RedisLink } from './connect.ts'
import { sessionKey } from './keys.ts'

/** Compares the version that stands before the state, and sets both: in one step, so that of two gateways one is told. */
const COMPARE_AND_SET = `
local held = redis.call('GET', KEYS[1])
local version = held and (string.match(held, '^%d+') or 'unreadable') or ''
if version ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/** Sessions for every gateway that shares this Redis. Rejects when Redis does not answer, or holds what is no state. */
export function createRedisSessionStore({ client }: RedisLink): SessionStore {
  return {
    read: async ({ tenant, session }) => {
      const held = await client.getex(sessionKey(tenant, session), 'PX', SESSION_KEPT_MS)
      return held === null ? null : readSessionState(held.slice(held.indexOf('{')))
    },
    replace: async ({ tenant, session }: SessionKey, fromVersion, next) => {
      const from = fromVersion === null ? '' : String(fromVersion)
      const held = `${next.version}${JSON.stringify(next)}`
      const key = sessionKey(tenant, session)
      return (await client.eval(COMPARE_AND_SET, 1, key, from, held, SESSION_KEPT_MS)) === 1
    },
  }
}
