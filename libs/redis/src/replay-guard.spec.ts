import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { replayGuardSuite } from '@writ/identity/suites'
import type { RedisLink } from './connect.ts'
import { connectRedis } from './connect.ts'
import { createRedisReplayGuard } from './replay-guard.ts'
import type { Gate } from './test-services.ts'
import { openGate, testRedisUrl } from './test-services.ts'

const KEY = 'k'.repeat(22)
let gate: Gate
let redis: RedisLink

beforeAll(async () => {
  gate = await openGate(testRedisUrl(10))
  redis = connectRedis(gate.url)
  await redis.whenReady(5_000)
  await redis.client.flushdb()
})
afterAll(async () => {
  await redis.close()
  await gate.close()
})

replayGuardSuite('the replay guard in Redis', async () => ({
  guard: createRedisReplayGuard(redis),
  nowMs: Date.now,
  waitMs: async (ms) => {
    await delay(ms)
  },
}))

describe('the replay guard in Redis', () => {
  it('is shared by every gateway: of many that see one proof at once, one takes it', async () => {
    const others = Array.from({ length: 4 }, () => connectRedis(testRedisUrl(10)))
    await Promise.all(others.map((other) => other.whenReady(5_000)))
    const guards = others.map((other) => createRedisReplayGuard(other))
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        guards.map((guard) => guard.firstSeen(KEY, Date.now() + 60_000)),
      ).flat(),
    )
    expect(answers.filter((answer) => answer === 'first')).toHaveLength(1)
    await Promise.all(others.map((other) => other.close()))
  })

  it('answers each of very many that ask within one turn for its own key', async () => {
    const guard = createRedisReplayGuard(redis)
    const keys = Array.from({ length: 300 }, () => randomBytes(16).toString('base64url').slice(0, 22))
    const used = keys.filter((_, at) => at % 3 === 0)
    for (const key of used.slice(0, 50)) await guard.firstSeen(key, Date.now() + 60_000)
    await Promise.all(used.slice(50).map((key) => guard.firstSeen(key, Date.now() + 60_000)))
    const answers = await Promise.all(keys.map((key) => guard.firstSeen(key, Date.now() + 60_000)))
    expect(answers).toEqual(keys.map((_, at) => (at % 3 === 0 ? 'seen' : 'first')))
  })

  it('gives each of those that ask within one turn its own end', async () => {
    const guard = createRedisReplayGuard(redis)
    const keys = ['s', 'l'].map((letter) => letter + randomBytes(16).toString('base64url').slice(0, 21))
    await Promise.all(keys.map((key, at) => guard.firstSeen(key, Date.now() + (at + 1) * 30_000)))
    const [short = 0, long = 0] = await Promise.all(keys.map((key) => redis.client.pttl(`writ:rp:${key}`)))
    expect(short).toBeGreaterThan(25_000)
    expect(short).toBeLessThanOrEqual(30_000)
    expect(long).toBeGreaterThan(55_000)
  })

  it('keeps nothing but the key, and not for longer than it must', async () => {
    await createRedisReplayGuard(redis).firstSeen('t'.repeat(22), Date.now() + 60_000)
    const name = `writ:rp:${'t'.repeat(22)}`
    expect(await redis.client.get(name)).toBe('1')
    const ttlMs = await redis.client.pttl(name)
    expect(ttlMs).toBeGreaterThan(55_000)
    expect(ttlMs).toBeLessThanOrEqual(60_000)
  })

  it('says unavailable, soon, when Redis answers nothing', async () => {
    gate.freeze()
    const startedAt = performance.now()
    expect(await createRedisReplayGuard(redis).firstSeen(KEY, Date.now() + 60_000)).toBe('unavailable')
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    await gate.restore()
    await redis.whenReady(5_000)
  })

  it('says unavailable, at once, when Redis is away', async () => {
    await gate.cut()
    expect(await createRedisReplayGuard(redis).firstSeen(KEY, Date.now() + 60_000)).toBe('unavailable')
    const guard = createRedisReplayGuard(redis)
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((letter) => guard.firstSeen(letter.repeat(22), Date.now() + 60_000)),
    )
    expect(answers).toEqual(['unavailable', 'unavailable', 'unavailable'])
    await gate.restore()
  })

  it('says unavailable when Redis answers with an error', async () => {
    await redis.whenReady(5_000)
    await redis.client.call('ACL', 'SETUSER', 'writ-spec-reader', 'on', 'nopass', '~*', '+@all', '-set')
    const url = new URL(testRedisUrl(10))
    Object.assign(url, { username: 'writ-spec-reader', password: 'any' })
    const reader = connectRedis(url.href)
    await reader.whenReady(5_000)
    const guard = createRedisReplayGuard(reader)
    const answer = await guard.firstSeen('w'.repeat(22), Date.now() + 60_000)
    const together = await Promise.all(
      ['x', 'y'].map((letter) => guard.firstSeen(letter.repeat(22), Date.now() + 60_000)),
    )
    await reader.close()
    await redis.client.call('ACL', 'DELUSER', 'writ-spec-reader')
    expect([answer, ...together]).toEqual(['unavailable', 'unavailable', 'unavailable'])
  })
})
