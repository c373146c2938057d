import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { Deadlines } from './deadlines.ts'

const after = (waitMs: number, told: string[], name: string) => ({
  dueMs: performance.now() + waitMs,
  late: () => void told.push(name),
})

describe('deadlines', () => {
  it('tells each that is late once, and none before it is due', async () => {
    const deadlines = new Deadlines()
    const told: string[] = []
    for (const [name, waitMs] of Object.entries({ soon: 1, later: 120, never: 60_000 }))
      deadlines.add(after(waitMs, told, name))
    await delay(75)
    expect(told).toEqual(['soon'])
    await delay(250)
    expect(told).toEqual(['soon', 'later'])
  })

  it('tells nothing of what was dropped, or has moved', async () => {
    const deadlines = new Deadlines()
    const told: string[] = []
    const dropped = after(1, told, 'dropped')
    const moved = after(1, told, 'moved')
    deadlines.add(dropped)
    deadlines.add(moved)
    deadlines.drop(dropped)
    moved.dueMs += 60_000
    await delay(120)
    expect(told).toEqual([])
    deadlines.drop(moved)
  })

  it('takes what one that is late adds', async () => {
    const deadlines = new Deadlines()
    const told: string[] = []
    deadlines.add({
      dueMs: 0,
      late: () => deadlines.add(after(1, told, 'added')),
    })
    await delay(200)
    expect(told).toEqual(['added'])
  })
})
