import { describe, expect, it } from '@jest/globals'
import { turn } from './turn.ts'

describe('a turn', () => {
  it('comes to everything else after one slice of work, however many wait for theirs', async () => {
    let [slices, most] = [0, 0]
    const over = new AbortController()
    const work = async () => {
      for (let slice = 0; slice < 5; slice += 1) {
        slices += 1
        await turn()
      }
    }
    const everythingElse = async () => {
      while (!over.signal.aborted) {
        const before = slices
        await new Promise((resolve) => setImmediate(resolve))
        most = Math.max(most, slices - before)
      }
    }
    const all = Promise.all(Array.from({ length: 100 }, work))
    const other = everythingElse()
    await all
    over.abort()
    await other
    expect(slices).toBe(500)
    expect(most).toBeLessThanOrEqual(2)
  })
})
