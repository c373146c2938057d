import { describe, expect, it } from '@jest/globals'
import { createNonceKeeper, NONCE_LIFE_MS } from './nonces.ts'

const START_MS = 1_790_000_040_000

function given({ secret = Buffer.alloc(32, 1), scope = 'gateway' } = {}) {
  const clock = { nowMs: START_MS }
  return { clock, keeper: createNonceKeeper({ secret, scope, required: true, nowMs: () => clock.nowMs }) }
}

describe('a nonce', () => {
  it('is valid for at least two minutes, and never longer than its stated life', () => {
    const { clock, keeper } = given()
    const nonce = keeper.current()
    for (let ageMs = 0; ageMs <= 120_000; ageMs += 1_000) {
      clock.nowMs = START_MS + ageMs
      expect(keeper.check(nonce)).toBe('valid')
    }
    clock.nowMs = START_MS + NONCE_LIFE_MS
    expect(keeper.check(nonce)).toBe('invalid')
  })

  it('changes every minute', () => {
    const { clock, keeper } = given()
    const before = keeper.current()
    clock.nowMs += 60_000
    expect(keeper.current()).not.toBe(before)
  })

  it.each([
    ['another secret', { secret: Buffer.alloc(32, 2) }],
    ['another scope', { scope: 'authority' }],
  ])('does not hold under %s', (_what, other) => {
    expect(given(other).keeper.check(given().keeper.current())).toBe('invalid')
  })

  it('holds wherever secret and scope are shared', () => {
    expect(given().keeper.check(given().keeper.current())).toBe('valid')
  })

  it('is 22 characters that a header can carry', () => {
    expect(given().keeper.current()).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })

  it('is not made from a short secret', () => {
    expect(() => given({ secret: Buffer.alloc(16) })).toThrow(RangeError)
  })
})
