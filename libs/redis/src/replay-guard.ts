import type { ReplayGuard } from '@writ/identity'
import type { RedisLink } from './connect.ts'
import { replayKey } from './keys.ts'

type Seen = Awaited<ReturnType<ReplayGuard['firstSeen']>>

/** One key that somebody waits for. */
type Asked = { readonly key: string; readonly ttlMs: number; readonly answer: (seen: Seen) => void }

/**
 * Remembers proofs for every gateway that shares this Redis. Whenever Redis does not say that a proof is new, it is not
 * taken for new: an error or a late answer is `unavailable`. What is asked within one turn of the event loop goes out as one command,
 * because under load a command costs more than what it asks.
 * @param nowMs wall clock, milliseconds
 */
export function createRedisReplayGuard(redis: RedisLink, nowMs: () => number = Date.now): ReplayGuard {
  let waiting: Asked[] = []
  const sendAll = (): void => {
    const asked = waiting
    waiting = []
    for (let from = 0; from < asked.length; from += MOST_AT_ONCE)
      void answered(asked.slice(from, from + MOST_AT_ONCE), redis)
  }
  return {
    firstSeen: (key, untilMs) =>
      new Promise((answer) => {
        if (waiting.length === 0) setImmediate(sendAll)
        waiting.push({ key: replayKey(key), ttlMs: Math.max(1, Math.ceil(untilMs - nowMs())), answer })
      }),
  }
}

/** Redis does nothing else while it runs a script. */
const MOST_AT_ONCE = 128

/** Each key as `SET NX` would take it, in their order: of one that stands there twice, the second is seen. */
const REMEMBER_EACH = `
local answers = {}
for at, key in ipairs(KEYS) do
  answers[at] = redis.call('SET', key, '1', 'PX', ARGV[at], 'NX') and 1 or 0
end
return answers`

async function answered(asked: readonly Asked[], redis: RedisLink): Promise<void> {
  const isNew = await newAmong(asked, redis).catch(() => null)
  for (const [at, { answer }] of asked.entries()) answer(seenBy(isNew?.[at]))
}

const seenBy = (isNew: boolean | undefined): Seen =>
  isNew === undefined ? 'unavailable' : isNew ? 'first' : 'seen'

async function newAmong(asked: readonly Asked[], { client }: RedisLink): Promise<readonly boolean[] | null> {
  const [only, second] = asked
  if (only && !second) return [(await client.set(only.key, '1', 'PX', only.ttlMs, 'NX')) === 'OK']
  const keys = asked.map(({ key }) => key)
  const answers: unknown = await client.eval(
    REMEMBER_EACH,
    keys.length,
    ...keys,
    ...asked.map(({ ttlMs }) => ttlMs),
  )
  return Array.isArray(answers) && answers.length === asked.length
    ? answers.map((answer) => answer === 1)
    : null
}
