import { describe, expect, it } from '@jest/globals'
import { ProblemError } from '../http/problem.ts'
import { Turns } from './turns.ts'

/** Work that takes that long in each of its steps. */
function* busy(steps: number, stepMs: number): Generator<void, string> {
  for (let step = 0; step < steps; step += 1) {
    const endMs = performance.now() + stepMs
    while (performance.now() < endMs);
    yield
  }
  return 'done'
}

/** How often others had their turn while something ran. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, isOver] = [0, false]
  const count = (): void => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await work
  isOver = true
  return turns
}

describe('long work', () => {
  it('comes to its end, and others have their turns meanwhile', async () => {
    const work = new Turns('it').run(busy(20, 3))
    expect(await turnsDuring(work)).toBeGreaterThanOrEqual(9)
    expect(await work).toBe('done')
  })

  it('does not give way for what is done at once', async () => {
    expect(await turnsDuring(new Turns('it').run(busy(3, 0)))).toBeLessThanOrEqual(1)
  })

  it('is stopped when all its runs together have had their time, and says what was stopped', async () => {
    const turns = new Turns('the replay', 1000)
    expect(await turns.run(busy(3, 0))).toBe('done')
    const stopped: unknown = await turns.run(busy(100_000, 50)).catch((error: unknown) => error)
    expect(stopped).toBeInstanceOf(ProblemError)
    expect(stopped).toMatchObject({
      problem: { status: 422, detail: 'the replay: stopped, because it took too long' },
    })
  })
})
