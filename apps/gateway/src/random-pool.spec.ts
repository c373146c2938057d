import { describe, expect, it } from '@jest/globals'
import { createRandomPool } from './random-pool.ts'

describe('the pool of random bytes', () => {
  it('hands out as many as were asked for, and none twice', () => {
    const bytesOf = createRandomPool()
    const drawn = Array.from({ length: 2_000 }, () => Buffer.from(bytesOf(10)).toString('hex'))
    expect(drawn.every((bytes) => bytes.length === 20)).toBe(true)
    expect(new Set(drawn).size).toBe(drawn.length)
  })

  it('never changes what it handed out', () => {
    const bytesOf = createRandomPool()
    const first = bytesOf(16)
    const copy = Buffer.from(first)
    for (let drawn = 0; drawn < 1_000; drawn += 1) bytesOf(16)
    expect(copy.equals(first)).toBe(true)
  })

  it('hands out more than it draws at once', () => {
    expect(createRandomPool()(10_000)).toHaveLength(10_000)
  })
})
