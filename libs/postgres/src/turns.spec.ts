import { describe, expect, it } from '@jest/globals'
import { createTurns, TenantBusy } from './turns.ts'

const [A, B] = [`ten_${'A'.repeat(26)}`, `ten_${'B'.repeat(26)}`] as const

/** Work that ends when it is told to. */
function held() {
  let end: (() => void) | null = null
  let hasBegun = false
  const work = () =>
    new Promise<void>((done) => {
      hasBegun = true
      end = done
    })
  return { work, hasBegun: () => hasBegun, end: () => end?.() }
}

const soon = () => new Promise((wait) => setImmediate(wait))

describe('turns', () => {
  it('let so many of a tenant in at once, and the next when one ends', async () => {
    const turns = createTurns({ atOnce: 2, waiting: 10 })
    const works = [held(), held(), held()]
    const done = works.map(({ work }) => turns.take(A, work))
    await soon()
    expect(works.map(({ hasBegun }) => hasBegun())).toEqual([true, true, false])
    works[0]?.end()
    await soon()
    expect(works[2]?.hasBegun()).toBe(true)
    works.forEach(({ end }) => end())
    await Promise.all(done)
  })

  it('of one tenant do not wait for those of another', async () => {
    const turns = createTurns({ atOnce: 1, waiting: 10 })
    const [first, other] = [held(), held()]
    const done = [turns.take(A, first.work), turns.take(B, other.work)]
    await soon()
    expect(other.hasBegun()).toBe(true)
    first.end()
    other.end()
    await Promise.all(done)
  })

  it('are refused when too many wait, and taken again when they are through', async () => {
    const turns = createTurns({ atOnce: 1, waiting: 1 })
    const [first, second] = [held(), held()]
    const done = [turns.take(A, first.work), turns.take(A, second.work)]
    await expect(turns.take(A, () => Promise.resolve())).rejects.toThrow(TenantBusy)
    first.end()
    await soon()
    second.end()
    await Promise.all(done)
    await expect(turns.take(A, () => Promise.resolve('in'))).resolves.toBe('in')
  })

  it('are given back by work that fails', async () => {
    const turns = createTurns({ atOnce: 1, waiting: 0 })
    await expect(turns.take(A, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(turns.take(A, () => Promise.resolve('in'))).resolves.toBe('in')
  })
})
