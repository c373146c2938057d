import { describe, expect, it } from '@jest/globals'
import { lull } from './lull.ts'

/** Some work in every turn, so often or until told to stop. */
function busy(most = Infinity): { readonly turnsAtMs: readonly number[]; readonly stop: () => void } {
  const turnsAtMs: number[] = []
  let isStopped = false
  const work = (): void => {
    const beganMs = performance.now()
    turnsAtMs.push(beganMs)
    while (performance.now() < beganMs + 2);
    if (!isStopped && turnsAtMs.length < most) setImmediate(work)
  }
  setImmediate(work)
  return { turnsAtMs, stop: () => (isStopped = true) }
}

/** How many turns with nothing to do went by. */
async function turnsOfALull(): Promise<number> {
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await lull(performance.now(), Infinity)
  isOver = true
  return turns
}

describe('a lull', () => {
  it('comes at the end of the turn when there is nothing to do', async () => {
    // Other processes may take the processor away for a turn, and not each time.
    const turns: number[] = []
    for (let time = 0; time < 20; time += 1) turns.push(await turnsOfALull())
    expect(Math.min(...turns)).toBeLessThan(3)
  })

  it('is waited for while there is work', async () => {
    const { turnsAtMs } = busy(10)
    await lull(performance.now(), Infinity)
    expect(turnsAtMs).toHaveLength(10)
  })

  it('is waited for no longer than it may last', async () => {
    const beganMs = performance.now()
    const { turnsAtMs, stop } = busy()
    await lull(beganMs, 20)
    stop()
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(20)
    expect(turnsAtMs.filter((atMs) => atMs >= beganMs + 20).length).toBeLessThan(2)
  })

  it('is not waited for by what has waited long enough', async () => {
    const { turnsAtMs, stop } = busy()
    await lull(performance.now() - 20, 20)
    stop()
    expect(turnsAtMs).toHaveLength(1)
  })
})
