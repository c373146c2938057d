import { describe, expect, it } from '@jest/globals'
import { gathered, GatheredBytes } from './gathered-bytes.ts'

describe('gathered bytes', () => {
  it('are the very bytes that came, in whatever parts', () => {
    const text = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251))
    for (const size of [1, 2, 3, 7, 499, 500, 1000]) {
      const bytes = new GatheredBytes()
      for (let at = 0; at < text.length; at += size) bytes.add(text.subarray(at, at + size))
      expect(bytes.sizeBytes).toBe(1000)
      expect(Buffer.from(bytes.take()).equals(text)).toBe(true)
    }
  })

  it('are gone once they were taken, and what came in one part is that part', () => {
    const bytes = new GatheredBytes()
    bytes.add(Buffer.from('one'))
    bytes.add(new Uint8Array())
    bytes.add(Buffer.from('two'))
    expect(Buffer.from(bytes.take()).toString()).toBe('onetwo')
    expect(bytes.take()).toHaveLength(0)
    const alone = Buffer.from('three')
    bytes.add(alone)
    expect(bytes.take()).toBe(alone)
    expect(bytes.sizeBytes).toBe(0)
  })
})

describe('what comes from somebody, gathered', () => {
  it('is all of it, up to a limit, and nothing beyond', async () => {
    let left = 0
    async function* singleBytes(count: number) {
      for (left = count; left > 0; left -= 1) yield Buffer.from('a')
    }
    expect(await gathered(singleBytes(1000), 1000)).toHaveLength(1000)
    expect(await gathered(singleBytes(0), 1000)).toHaveLength(0)
    expect(await gathered(singleBytes(5000), 1000)).toBeNull()
    expect(left).toBe(4000)
  })
})
