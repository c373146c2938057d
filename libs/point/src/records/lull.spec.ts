import { describe, expect, it } from '@jest/globals'
import { lull } from './lull.ts'

/** Keeps the process busy: some work in every turn, until told to stop. */
function busy(): { readonly stop: () => number } {
  let turns = 0
  let isStopped = false
  const work = (): void => {
    turns += 1
    for (const endMs = performance.now() + 2; performance.now() < endMs;);
    if (!isStopped) setImmediate(work)
  }
  setImmediate(work)
  return {
    stop: () => {
      isStopped = true
      return turns
    },
  }
}

describe('a lull', () => {
  it('comes at the end of the turn when there is nothing to do', async () => {
    let turns = 0
    const count = (): void => {
      turns += 1
      if (turns < 100) setImmediate(count)
    }
    setImmediate(count)
    await lull(performance.now(), 1000)
    expect(turns).toBeLessThan(100)
  })

  it('is waited for while there is work, and no longer than it may last', async () => {
    const work = busy()
    const beganMs = performance.now()
    await lull(beganMs, 20)
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(20)
    expect(work.stop()).toBeGreaterThan(2)
  })

  it('is not waited for by what has waited long enough', async () => {
    const work = busy()
    await lull(performance.now() - 20, 20)
    expect(work.stop()).toBeLessThan(3)
  })
})
