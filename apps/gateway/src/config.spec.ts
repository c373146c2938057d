import { describe, expect, it } from '@jest/globals'
import { readConfig } from './config.ts'

const NEEDED = {
  WRIT_PUBLIC_ORIGIN: 'https://gateway.example/',
  WRIT_CONTROL_PLANE_URL: 'http://127.0.0.1:7400',
  WRIT_JOIN_SECRET: 'x'.repeat(32),
}

describe('the configuration of a gateway', () => {
  it('needs three variables and is safe in all others', () => {
    const config = readConfig(NEEDED)
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 7410 })
    expect(config.admin.host).toBe('127.0.0.1')
    expect(config.publicOrigin).toBe('https://gateway.example')
    expect(config.authorityOrigin).toBe('http://127.0.0.1:7400')
    expect(config.redisUrl).toBeNull()
    expect(config.bundleBounds).toEqual({
      degradedAfterMs: 15_000,
      outOfStepAfterMs: 60_000,
      staleAfterMs: 300_000,
    })
    expect([config.requestLimits.maxBytes, config.requestLimits.maxDepth]).toEqual([1_048_576, 64])
    expect(config.upstream.responseBytes).toBe(8_388_608)
    expect([config.server.bodies, config.server.bodiesPerAddress]).toEqual([2048, 256])
    expect(config.server.bodyIdleMs).toBe(10_000)
  })

  it.each<[string, Record<string, string>]>([
    ['WRIT_PUBLIC_ORIGIN', { WRIT_PUBLIC_ORIGIN: 'https://gateway.example/path' }],
    ['WRIT_PUBLIC_ORIGIN', { WRIT_PUBLIC_ORIGIN: 'gateway.example' }],
    ['WRIT_PUBLIC_ORIGIN', { WRIT_PUBLIC_ORIGIN: '' }],
    ['WRIT_CONTROL_PLANE_URL', { WRIT_CONTROL_PLANE_URL: 'ftp://127.0.0.1' }],
    ['WRIT_JOIN_SECRET', { WRIT_JOIN_SECRET: 'too-short-a-secret' }],
    ['REDIS_URL', { REDIS_URL: 'http://127.0.0.1:6379' }],
    ['WRIT_GATEWAY_PORT', { WRIT_GATEWAY_PORT: '70000' }],
    ['WRIT_LIMIT_BODY_BYTES', { WRIT_LIMIT_BODY_BYTES: '-1' }],
  ])('names %s when it is wrong, and not its value', (name, change) => {
    const message = (() => {
      try {
        readConfig({ ...NEEDED, ...change })
        return 'accepted'
      } catch (error) {
        return String(error)
      }
    })()
    expect(message).toContain(name)
    expect(message).not.toContain('too-short-a-secret')
  })
})
