import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { RedisLink } from './connect.ts'
import { connectRedis } from './connect.ts'
import type { Gate } from './test-services.ts'
import { eventually, openGate, testRedisUrl } from './test-services.ts'

describe('a command connection', () => {
  let gate: Gate
  let redis: RedisLink
  const errors: string[] = []

  beforeAll(async () => {
    gate = await openGate(testRedisUrl(9))
    redis = connectRedis(gate.url, { onError: (error) => errors.push(error.message) })
    await redis.whenReady(5_000)
  })
  afterAll(async () => {
    await redis.close()
    await gate.close()
  })

  it('talks to the server', async () => {
    expect(redis.isReady()).toBe(true)
    expect(await redis.client.ping()).toBe('PONG')
  })

  it('fails within a second and a half when the server answers nothing', async () => {
    gate.freeze()
    const startedAt = performance.now()
    await expect(redis.client.ping()).rejects.toThrow()
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    // an open connection that is dead is given up
    await eventually(() => !redis.isReady())
    await gate.restore()
    await redis.whenReady(5_000)
  })

  it('fails at once when the server is away, says so, and comes back by itself', async () => {
    await gate.cut()
    await expect(redis.whenReady(100).then(() => redis.client.ping())).rejects.toThrow()
    const startedAt = performance.now()
    await expect(redis.client.ping()).rejects.toThrow()
    expect(performance.now() - startedAt).toBeLessThan(500)
    await gate.restore()
    await redis.whenReady(5_000)
    expect(await redis.client.ping()).toBe('PONG')
    expect(errors.join()).toContain('ECONNREFUSED')
  })

  it('leaves a server that has become a replica, for whoever serves at its address by now', async () => {
    const before = await redis.client.client('ID')
    await expect(
      redis.client.eval("return redis.error_reply('READONLY it is a replica now')", 0),
    ).rejects.toThrow('READONLY')
    const now = () => redis.client.client('ID').catch(() => before)
    await eventually(async () => (await now()) !== before)
  })

  it('is not ready after its time, and says so without an address', async () => {
    const nowhere = connectRedis('redis://:hunter2@127.0.0.1:1')
    const refused = await nowhere.whenReady(50).catch((error: unknown) => String(error))
    expect(refused).toBe('RedisUnavailable: Redis was not ready within 50 ms')
    await nowhere.close()
  })

  it('closes promptly also when the server is away', async () => {
    const nowhere = connectRedis('redis://127.0.0.1:1')
    const startedAt = performance.now()
    await nowhere.close()
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})
