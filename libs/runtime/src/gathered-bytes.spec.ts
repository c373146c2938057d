import { describe, expect, it } from '@jest/globals'
import { GatheredBytes } from './gathered-bytes.ts'

describe('gathered bytes', () => {
  it('are the very bytes that came, in whatever parts', () => {
    const text = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251))
    for (const size of [1, 2, 3, 7, 499, 500, 1000]) {
      const gathered = new GatheredBytes()
      for (let at = 0; at < text.length; at += size) gathered.add(text.subarray(at, at + size))
      expect(gathered.sizeBytes).toBe(1000)
      expect(Buffer.from(gathered.take()).equals(text)).toBe(true)
    }
  })

  it('are gone once they were taken, and what came in one part is that part', () => {
    const gathered = new GatheredBytes()
    gathered.add(Buffer.from('one'))
    gathered.add(new Uint8Array())
    gathered.add(Buffer.from('two'))
    expect(Buffer.from(gathered.take()).toString()).toBe('onetwo')
    expect(gathered.take()).toHaveLength(0)
    const alone = Buffer.from('three')
    gathered.add(alone)
    expect(gathered.take()).toBe(alone)
    expect(gathered.sizeBytes).toBe(0)
  })
})
