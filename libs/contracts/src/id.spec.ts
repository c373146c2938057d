import { describe, expect, it } from '@jest/globals'
import { assert, integer, pre, property, uint8Array } from 'fast-check'
import { AgentId, formatId, Slug } from './id.ts'

const random = uint8Array({ minLength: 10, maxLength: 10 })
const instant = integer({ min: 0, max: 2 ** 48 - 1 })

describe('an id', () => {
  it('is a ULID behind the prefix of its kind', () => {
    assert(
      property(instant, random, (atMs, bytes) => AgentId.safeParse(formatId('agt', atMs, bytes)).success),
    )
  })

  it('sorts by time', () => {
    assert(
      property(instant, instant, random, random, (a, b, first, second) => {
        pre(a < b)
        return formatId('agt', a, first) < formatId('agt', b, second)
      }),
    )
  })

  it('holds all 80 random bits', () => {
    expect(formatId('agt', 0, new Uint8Array(10).fill(255))).toBe('agt_0000000000ZZZZZZZZZZZZZZZZ')
    expect(formatId('agt', 0, new Uint8Array(10))).toBe(`agt_${'0'.repeat(26)}`)
  })

  it('is never made of less randomness', () => {
    expect(() => formatId('agt', 0, new Uint8Array(9))).toThrow(RangeError)
  })

  it('of one kind is no id of another', () => {
    expect(AgentId.safeParse(`hum_${'0'.repeat(26)}`).success).toBe(false)
  })
})

describe('a slug', () => {
  it.each(['demo', 'a', 'a-1', 'x'.repeat(63)])('may be %s', (text) => {
    expect(Slug.safeParse(text).success).toBe(true)
  })

  it.each(['', 'Demo', '-a', 'a-', 'a/b', 'a..b', '%2e', 'x'.repeat(64), 'a\n'])('may not be %j', (text) => {
    expect(Slug.safeParse(text).success).toBe(false)
  })
})
