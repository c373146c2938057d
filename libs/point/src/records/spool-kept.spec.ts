import { readdir } from 'node:fs/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createGate, until } from '../gate.fixture.ts'
import { boot, failing, newFolder, openSpool, put, removeFolders, seqsOf, stream } from './spool.fixture.ts'
import type { Spool } from './spool.ts'

afterEach(removeFolders)

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Every record in a segment of its own, kept for a day. */
async function given(limits: Parameters<typeof openSpool>[0] = {}, folder?: string, mark?: string) {
  const clock = { nowMs: 1_800_000_000_000 }
  const opened = await openSpool(
    { segmentBytes: 1, keptMs: DAY_MS, nowMs: () => clock.nowMs, ...limits },
    { ...(folder && { folder }), ...(mark && { mark }) },
  )
  const segments = async () => (await readdir(opened.folder)).filter((name) => name.endsWith('.spool')).length
  return { ...opened, clock, segments }
}

async function filled(spool: Spool, to: number): Promise<void> {
  for (let seq = 0; seq < to; seq += 1) await put(spool, seq)
}

describe('confirmed records', () => {
  it('stay until they are archived and a day old, whichever comes last', async () => {
    const { spool, clock, segments } = await given()
    await filled(spool, 4)
    await spool.confirm(stream(), 4)
    expect([spool.depth, spool.usedBytes, await segments()]).toEqual([0, 0, 4])
    expect(spool.keptBytes).toBeGreaterThan(0)
    spool.archived(stream(), 3)
    await spool.tend()
    expect(await segments()).toBe(4)
    clock.nowMs += DAY_MS
    await spool.tend()
    expect(await segments()).toBe(1)
    spool.archived(stream(), 4)
    await spool.tend()
    expect([await segments(), spool.keptBytes, spool.removedEarly]).toEqual([0, 0, 0])
  })

  it('go, oldest first, when there is no room for them, and that is counted', async () => {
    const { spool, segments } = await given({ maxBytes: 1000, reserveBytes: 200 })
    for (let seq = 0; seq < 20; seq += 1) {
      expect(await put(spool, seq)).toBe(true)
      await spool.confirm(stream(), seq + 1)
    }
    expect(spool.keptBytes).toBeLessThanOrEqual(800)
    expect(spool.removedEarly).toBe(20 - (await segments()))
    expect(spool.removedEarly).toBeGreaterThan(0)
    await spool.confirm(stream(), 15)
    expect(await seqsOf(spool)).toEqual([15, 16, 17, 18, 19])
  })

  it('do not count as what the ledger has not', async () => {
    const { spool } = await given({ maxBytes: 1_000_000, reserveBytes: 100 })
    await filled(spool, 5)
    const before = spool.usedBytes
    await spool.confirm(stream(), 5)
    expect(before).toBeGreaterThan(0)
    expect(spool.usedBytes).toBe(0)
    expect(spool.heads()).toEqual([])
    expect(spool.keptStreams()).toEqual([stream()])
  })

  it('are known after a restart without being read', async () => {
    const { spool, folder } = await given()
    await filled(spool, 3)
    await spool.confirm(stream(), 2)
    await spool.close()
    const reads: string[] = []
    const again = await openSpool(
      { keptMs: DAY_MS },
      {
        folder,
        mark: 'B',
        wrap: (disk) => ({ ...disk, read: (name) => (reads.push(name.slice(-14)), disk.read(name)) }),
      },
    )
    expect(reads.filter((name) => name.endsWith('.spool'))).toEqual(['00000003.spool'])
    expect(again.spool.keptStreams()).toEqual([stream()])
    expect(await seqsOf(again.spool)).toEqual([2])
  })

  it('are read again when what says so is damaged', async () => {
    const { spool, folder } = await given()
    await filled(spool, 2)
    await spool.confirm(stream(), 2)
    await spool.close()
    const again = await openSpool(
      { keptMs: DAY_MS },
      {
        folder,
        mark: 'B',
        wrap: (disk) => ({
          ...disk,
          read: async (name) => (name.endsWith('.index') ? Buffer.from('{') : disk.read(name)),
        }),
      },
    )
    expect(await seqsOf(again.spool)).toEqual([0, 1])
    await again.spool.confirm(stream(), 2)
    expect(again.spool.depth).toBe(0)
  })
})

describe('a ledger that went back', () => {
  it('gets again what this disk keeps, in order, before what it never had', async () => {
    const { spool } = await given()
    await filled(spool, 6)
    await spool.confirm(stream(), 4)
    expect(await seqsOf(spool)).toEqual([4, 5])
    await spool.confirm(stream(), 1)
    expect(await seqsOf(spool)).toEqual([1, 2, 3, 4, 5])
    expect([spool.depth, spool.stranded]).toEqual([5, 0])
    await spool.confirm(stream(), 6)
    expect([spool.depth, spool.keptStreams()]).toEqual([0, [stream()]])
  })

  it('gets again also what was confirmed as a whole, and after a restart', async () => {
    const { spool, folder } = await given()
    await filled(spool, 3)
    await spool.confirm(stream(), 3)
    await spool.close()
    const { spool: again } = await given({}, folder, 'B')
    expect(again.heads()).toEqual([])
    await again.confirm(stream(), 0)
    expect(again.heads()).toMatchObject([{ stream: stream(), nextSeq: 3 }])
    expect((await again.read(stream(), 0, 10)).map(({ bytes }) => bytes)).toEqual([
      'record 0',
      'record 1',
      'record 2',
    ])
  })

  it('behind what any disk has is told of, and what follows is neither sent nor thrown away', async () => {
    const { spool, folder, clock } = await given()
    await filled(spool, 4)
    await spool.confirm(stream(), 2)
    spool.archived(stream(), 2)
    clock.nowMs += DAY_MS
    await spool.tend()
    await spool.confirm(stream(), 0)
    expect([spool.stranded, spool.heads(), spool.keptStreams()]).toEqual([1, [], [stream()]])
    expect(await seqsOf(spool)).toEqual([2, 3])
    expect((await readdir(folder)).filter((name) => name.endsWith('.spool'))).toHaveLength(2)
    // Told the same once more, it is the same: that would look like another loss, and end all streams.
    const told = spool.confirm(stream(), 0)
    const seen = new Set<number>()
    for (let turn = 0; turn < 20; turn += 1, await Promise.resolve()) seen.add(spool.stranded)
    await told
    expect([...seen]).toEqual([1])
    await spool.confirm(stream(), 2)
    expect([spool.stranded, spool.heads().length]).toEqual([0, 1])
  })
})

describe('a boot that ends while a record is on its way to the disk', () => {
  it.each([null, DAY_MS])(
    'takes that record with it to the next start, segments kept for %p',
    async (keptMs) => {
      const gate = createGate()
      let writes = 0
      const { spool, folder } = await openSpool(
        { keptMs },
        {
          wrap: failing((file) => ({
            ...file,
            write: async (bytes) => ((writes += 1) === 2 && (await gate.passed), file.write(bytes)),
          })),
        },
      )
      expect(await put(spool, 0)).toBe(true)
      const late = put(spool, 1)
      await until(() => writes === 2)
      spool.startOver(boot('B'))
      await spool.confirm(stream(), 1)
      gate.open()
      expect(await late).toBe(true)
      await spool.close()
      const { spool: again } = await openSpool({ keptMs }, { folder, mark: 'C' })
      expect(await seqsOf(again, stream(), 1)).toEqual([1])
    },
  )
})

describe('what is said of a kept segment', () => {
  it('holds no longer once its records are to be sent again, also after a crash', async () => {
    const { spool, folder } = await given()
    await filled(spool, 3)
    await spool.confirm(stream(), 3)
    await spool.confirm(stream(), 1)
    const { spool: again } = await given({}, folder, 'B')
    expect(again.heads()).toMatchObject([{ stream: stream(), nextSeq: 3 }])
    expect(await seqsOf(again)).toEqual([1, 2])
  })

  it('hides no record that was written into it afterwards, by a start that had not ended', async () => {
    const folder = await newFolder()
    const limits = { keptMs: DAY_MS }
    const { spool } = await openSpool(limits, { folder })
    await put(spool, 0)
    const { spool: next } = await openSpool(limits, { folder, mark: 'B' })
    await next.confirm(stream(), 1)
    expect(await put(spool, 1)).toBe(true)
    const { spool: last } = await openSpool(limits, { folder, mark: 'C' })
    expect(await seqsOf(last, stream(), 1)).toEqual([1])
  })
})

describe('a segment in the middle that was removed before a crash', () => {
  it('takes no record with it that the ledger does not have', async () => {
    const { spool, folder } = await given({ keptMs: null })
    // The first segment is held by another stream, the second goes, the third waits.
    await Promise.all([put(spool, 0), put(spool, 0, stream('A', 'U'))])
    await put(spool, 1)
    await put(spool, 2)
    await spool.confirm(stream(), 2)
    await spool.close()
    const { spool: again } = await given({ keptMs: null }, folder, 'B')
    await again.confirm(stream(), 2)
    expect(await seqsOf(again)).toEqual([2])
    expect(await seqsOf(again, stream('A', 'U'))).toEqual([0])
    expect(again.depth).toBe(2)
  })

  it('shows as a hole that nothing is read across', async () => {
    const folder = await newFolder()
    const { spool } = await given({}, folder)
    await filled(spool, 5)
    await spool.close()
    const { spool: again } = await openSpool(
      {},
      {
        folder,
        mark: 'B',
        wrap: (disk) => ({
          ...disk,
          list: async () => (await disk.list()).filter((name) => !name.includes('00000003')),
        }),
      },
    ).then(async (opened) => opened)
    expect(await seqsOf(again)).toEqual([0, 1])
    await again.confirm(stream(), 2)
    expect(again.stranded).toBe(1)
    expect(await seqsOf(again, stream(), 2)).toEqual([3, 4])
  })
})
