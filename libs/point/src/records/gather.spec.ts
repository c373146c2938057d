import { tmpdir } from 'node:os'
import { describe, expect, it } from '@jest/globals'
import type { StreamId } from '@writ/contracts'
import { gather } from './gather.ts'
import { SegmentWriter } from './segment-writer.ts'
import type { SpoolDisk } from './spool-disk.ts'
import { openSpoolDisk } from './spool-disk.ts'

/** A group that began now, to which a member comes in each turn of the event loop, so many in all or until it is told to stop. */
function growing(most: number) {
  const waiting: number[] = []
  let isOver = false
  const grow = (): void => {
    waiting.push(waiting.length)
    if (!isOver && waiting.length < most) setImmediate(grow)
  }
  setImmediate(grow)
  return { sinceMs: performance.now(), waiting, stop: () => (isOver = true) }
}

/** Whether it settles before anything else can happen. */
async function isAtOnce(gathered: Promise<void>): Promise<boolean> {
  let isSettled = false
  void gathered.then(() => (isSettled = true))
  await Promise.resolve()
  await Promise.resolve()
  return isSettled
}

describe('gathering', () => {
  it.each([0, 1, 3])('does not make one wait where %i came the last time', async (lastCount) => {
    const lone = { sinceMs: performance.now(), waiting: [1] }
    expect(await isAtOnce(gather(lone, lastCount, Infinity))).toBe(true)
  })

  it('does not wait where as many have come as the last time', async () => {
    const group = { sinceMs: performance.now(), waiting: [1, 2, 3, 4] }
    expect(await isAtOnce(gather(group, 4, Infinity))).toBe(true)
  })

  it('waits for as many as came the last time', async () => {
    const group = growing(1000)
    await gather(group, 1000, Infinity)
    expect(group.waiting).toHaveLength(1000)
  })

  it('waits no longer when nobody comes', async () => {
    const group = growing(5)
    await gather(group, 1000, Infinity)
    expect(group.waiting).toHaveLength(5)
  })

  it('waits no longer than it may', async () => {
    const group = growing(Infinity)
    await gather(group, Infinity, 20)
    group.stop()
    expect(performance.now() - group.sinceMs).toBeGreaterThanOrEqual(20)
  })
})

/** How many writes a segment takes for the records of callers that append one after the other and do something in between. */
async function writesOf({ callers, each }: { callers: number; each: number }): Promise<number> {
  let writes = 0
  const file = {
    write: async (bytes: Uint8Array) => ((writes += 1), bytes.length),
    sync: async () => {},
    cut: async () => {},
    close: async () => {},
  }
  const disk: SpoolDisk = { ...(await openSpoolDisk(tmpdir())), create: async () => file }
  const writer = new SegmentWriter(disk, {
    prefix: 'segment',
    segmentBytes: 1024 * 1024,
    syncWithinMs: null,
    onDurable: () => {},
    onFence: () => {},
  })
  let seq = 0
  const caller = async (number: number): Promise<void> => {
    for (let count = 0; count < each; count += 1) {
      for (let turns = 0; turns < 1 + (number % 5); turns += 1)
        await new Promise((turn) => setImmediate(turn))
      expect(await writer.append({ stream, seq: (seq += 1), bytes: 'a record' }, '')).toBe(true)
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)))
  await writer.close()
  return writes
}

const stream: StreamId = `nod_${'N'.repeat(26)}:boo_${'A'.repeat(26)}:ten_${'T'.repeat(26)}`

describe('a segment', () => {
  it('takes together what many callers append, each after what it had before', async () => {
    expect(await writesOf({ callers: 16, each: 30 })).toBeLessThan((16 * 30) / 8)
  })

  it('takes the records of a lone caller one by one', async () => {
    expect(await writesOf({ callers: 1, each: 30 })).toBe(30)
  })
})
