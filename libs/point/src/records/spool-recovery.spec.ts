import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { encodeFrame } from '@writ/audit'
import { FailingDisk } from './failing-disk.fixture.ts'
import { boot, newFolder, openSpool, put, removeFolders, seqsOf, stream } from './spool.fixture.ts'
import type { Wrap } from './spool.fixture.ts'
import { spoolLimits } from './spool-limits.ts'
import { Spool } from './spool.ts'

afterEach(removeFolders)

const DAY_MS = 86_400_000
const FRAME_BYTES = encodeFrame({ stream: stream(), seq: 0, bytes: 'record 0' }).length

/** A folder with one segment of four records, as an earlier start left it. */
async function leftBehind(): Promise<{ readonly folder: string; readonly path: string }> {
  const { spool, folder } = await openSpool()
  for (let seq = 0; seq < 4; seq += 1) await put(spool, seq)
  await spool.close()
  const [name = ''] = await readdir(folder)
  return { folder, path: join(folder, name) }
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
}

const problemsOf = ({ faulty }: Spool): string[] => faulty.map(({ problem }) => problem)

describe('a segment that is damaged', () => {
  it.each([
    ['in the length of its first frame', 2],
    ['in the text of its first frame', 60],
  ])('%s stays where it is and is told of, at every start', async (_, at) => {
    const { folder, path } = await leftBehind()
    await flip(path, at)
    const before = await readFile(path)
    for (const mark of ['B', 'C']) {
      const { spool } = await openSpool({}, { folder, mark })
      expect(spool.faulty).toEqual([
        { name: expect.stringMatching(/^boo_A+\.00000001\.spool$/), problem: 'damaged', cause: null },
      ])
      expect([spool.depth, spool.heads()]).toEqual([0, []])
      await spool.tend()
      await spool.close()
      expect(await readFile(path)).toEqual(before)
    }
  })

  it('in its only frame stays too', async () => {
    const { folder, path } = await leftBehind()
    await truncate(path, FRAME_BYTES)
    await flip(path, FRAME_BYTES - 1)
    const { spool } = await openSpool({}, { folder, mark: 'B' })
    expect([problemsOf(spool), await readdir(folder)]).toEqual([['damaged'], [expect.any(String)]])
  })

  it.each([null, DAY_MS])(
    'further on gives what is before that, and stays once that is confirmed, segments kept for %p',
    async (keptMs) => {
      const { folder, path } = await leftBehind()
      await flip(path, 2 * FRAME_BYTES + 60)
      const before = await readFile(path)
      const { spool } = await openSpool({ keptMs }, { folder, mark: 'B' })
      expect([problemsOf(spool), await seqsOf(spool)]).toEqual([['damaged'], [0, 1]])
      await spool.confirm(stream(), 2)
      spool.archived(stream(), 2)
      await spool.tend()
      expect([spool.depth, spool.usedBytes, spool.keptBytes]).toEqual([0, 0, 0])
      expect(await readFile(path)).toEqual(before)
      const { spool: again } = await openSpool({ keptMs }, { folder, mark: 'C' })
      expect([problemsOf(again), await seqsOf(again)]).toEqual([['damaged'], [0, 1]])
    },
  )
})

describe('a segment that a crash ended', () => {
  it('in the middle of a frame is not damaged, and goes with its records', async () => {
    const { folder, path } = await leftBehind()
    await truncate(path, 4 * FRAME_BYTES - 3)
    await truncate(path, 4 * FRAME_BYTES + 65_536)
    const { spool } = await openSpool({}, { folder, mark: 'B' })
    expect([spool.faulty, await seqsOf(spool)]).toEqual([[], [0, 1, 2]])
    await spool.confirm(stream(), 3)
    expect(await readdir(folder)).toEqual([])
  })

  it.each([0, 65_536])('before its first record goes at the next start, %p zeros or not', async (zeros) => {
    const { folder, path } = await leftBehind()
    await writeFile(path, Buffer.alloc(zeros))
    const { spool } = await openSpool({}, { folder, mark: 'B' })
    expect([spool.faulty, await readdir(folder)]).toEqual([[], []])
  })
})

const eio = (): Promise<never> => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))

/** A disk on which nothing of such a name can be read or removed. */
const broken =
  (what: RegExp): Wrap =>
  (disk) => ({
    ...disk,
    read: (name) => (what.test(name) ? eio() : disk.read(name)),
    remove: (name) => (what.test(name) ? eio() : disk.remove(name)),
  })

/** Each record in a segment of its own. */
async function threeSegments() {
  const folder = await newFolder()
  const { spool } = await openSpool({ segmentBytes: 1, keptMs: DAY_MS }, { folder })
  for (let seq = 0; seq < 3; seq += 1) await put(spool, seq)
  return { folder, spool }
}

describe('a start on a disk of which a file cannot be read', () => {
  it('goes on with all others, says which, and leaves it to the next start', async () => {
    const { folder, spool } = await threeSegments()
    await put(spool, 0, stream('A', 'U'))
    await spool.close()
    const wrap = broken(/00000002\.spool/)
    const { spool: next } = await openSpool({}, { folder, mark: 'B', wrap })
    expect(next.faulty).toEqual([
      { name: expect.stringContaining('.00000002.spool'), problem: 'unreadable', cause: expect.any(Error) },
    ])
    expect([await seqsOf(next), await seqsOf(next, stream('A', 'U'))]).toEqual([[0], [0]])
    expect(await put(next, 0, stream('B'))).toBe(true)
    await next.close()
    const { spool: last } = await openSpool({}, { folder, mark: 'C' })
    expect([last.faulty, await seqsOf(last), last.depth]).toEqual([[], [0, 1, 2], 5])
  })

  it('sends nothing that follows it in its stream, and tells of that', async () => {
    const { folder, spool } = await threeSegments()
    await spool.close()
    const wrap = broken(/00000001\.spool/)
    const { spool: next } = await openSpool({}, { folder, mark: 'B', wrap })
    await next.confirm(stream(), 0)
    expect([next.stranded, next.heads(), await seqsOf(next)]).toEqual([1, [], [1, 2]])
  })

  it('reads a segment anew whose index it cannot read', async () => {
    const { folder, spool } = await threeSegments()
    await spool.confirm(stream(), 3)
    await spool.close()
    const { spool: next } = await openSpool({}, { folder, mark: 'B', wrap: broken(/00000002\.index/) })
    expect([next.faulty, await seqsOf(next)]).toEqual([[], [1]])
  })

  it('is not kept by what it cannot remove', async () => {
    const folder = await newFolder()
    for (const name of ['a.index', 'a.index.draft', 'b.spool']) await writeFile(join(folder, name), '')
    const { spool } = await openSpool({}, { folder, mark: 'B', wrap: broken(/./) })
    expect(await put(spool, 0, stream('B'))).toBe(true)
  })
})

const found = async (spool: Spool) => [await seqsOf(spool, stream(), 4), await seqsOf(spool, stream('B'))]

describe('a start of which each call to the disk fails in turn', () => {
  const LIMITS = { ...spoolLimits(1024 * 1024, DAY_MS), segmentBytes: 300, heldBytes: 0, nowMs: () => 0 }

  /** Confirmed and kept, torn, empty, orphaned, and waiting, of two boots. */
  async function lived(): Promise<FailingDisk> {
    const disk = new FailingDisk(new Map(), () => 0.5)
    const first = await Spool.open(disk.disk, boot('A'), LIMITS, () => {})
    for (let seq = 0; seq < 6; seq += 1) await put(first, seq)
    await first.confirm(stream(), 4)
    disk.failNextOf('write', 'EIO')
    disk.failNextOf('cut', 'EIO')
    await put(first, 6)
    first.startOver(boot('B'))
    await put(first, 0, stream('B'))
    await disk.disk.create('boo_C.00000001.spool')
    await disk.disk.replace('boo_C.00000002.index', '{}')
    await disk.disk.replace('boo_C.00000003.index.draft', '{}')
    return disk.stopped(true)
  }

  it('opens all the same, and takes nothing from the start after it', async () => {
    const whole = await lived()
    const sound = await Spool.open(whole.disk, boot('D'), LIMITS, () => {})
    const { calls } = whole
    expect(calls).toBeGreaterThan(6)
    expect(await found(sound)).toEqual([[4, 5], [0]])
    for (let call = 0; call < calls; call += 1) {
      const disk = await lived()
      disk.failAt(call, 'EIO')
      const spool = await Spool.open(disk.disk, boot('D'), LIMITS, () => {})
      expect(disk.said).toHaveLength(1)
      expect(await put(spool, 0, stream('D'))).toBe(true)
      const again = await Spool.open(disk.stopped(true).disk, boot('E'), LIMITS, () => {})
      expect([await found(again), await seqsOf(again, stream('D'))]).toEqual([[[4, 5], [0]], [0]])
      expect(again.faulty).toEqual([])
    }
  })
})

/** Three records in segments of their own, all confirmed and kept; the second can be read once `disk.isBroken` is false. */
async function confirmedSegments() {
  const disk = { isBroken: true }
  const wrap: Wrap = (of) => ({
    ...of,
    read: (name) => (disk.isBroken && name.includes('00000002') ? eio() : of.read(name)),
  })
  const { spool } = await openSpool({ segmentBytes: 1, keptMs: DAY_MS }, { wrap })
  for (let seq = 0; seq < 3; seq += 1) await put(spool, seq)
  await spool.confirm(stream(), 3)
  return { disk, spool }
}

describe('a segment that is to be sent again', () => {
  it('and cannot be read ends its stream, until it can', async () => {
    const { disk, spool } = await confirmedSegments()
    await put(spool, 3)
    for (const _ of [1, 2]) await expect(spool.confirm(stream(), 0)).rejects.toThrow('EIO')
    expect([spool.stranded, spool.strandings, spool.heads()]).toEqual([1, 1, []])
    expect(spool.keptStreams()).toEqual([stream()])
    disk.isBroken = false
    await spool.confirm(stream(), 0)
    expect([spool.stranded, await seqsOf(spool)]).toEqual([0, [0, 1, 2, 3]])
  })

  it('takes no room for ever because another could not be read the first time', async () => {
    const { disk, spool } = await confirmedSegments()
    await expect(spool.confirm(stream(), 0)).rejects.toThrow('EIO')
    disk.isBroken = false
    await spool.confirm(stream(), 0)
    await spool.confirm(stream(), 3)
    expect([spool.depth, spool.usedBytes]).toEqual([0, 0])
  })
})

const forgetful: Wrap = (disk) => ({ ...disk, remove: async () => {} })

describe('files whose removal a crash of the machine undoes', () => {
  it.each([null, DAY_MS])(
    'bring no record back that the ledger has, and go again, segments kept for %p',
    async (keptMs) => {
      const limits = { segmentBytes: 1, keptMs, nowMs: () => clock.nowMs }
      const clock = { nowMs: DAY_MS }
      const { spool, folder } = await openSpool(limits, { wrap: forgetful })
      for (let seq = 0; seq < 4; seq += 1) await put(spool, seq)
      await spool.confirm(stream(), 3)
      spool.archived(stream(), 3)
      clock.nowMs += DAY_MS
      await spool.tend()
      expect(spool.keptBytes).toBe(0)
      const { spool: again } = await openSpool({ ...limits, keptMs: null }, { folder, mark: 'B' })
      await again.confirm(stream(), 3)
      expect([await seqsOf(again, stream(), 0), again.depth]).toEqual([[3], 1])
      await again.confirm(stream(), 4)
      expect((await readdir(folder)).filter((name) => name !== 'reserve')).toEqual([])
    },
  )

  it('keep no record from the ledger that went back', async () => {
    const limits = { segmentBytes: 1, keptMs: DAY_MS }
    const { spool, folder } = await openSpool(limits, { wrap: forgetful })
    for (let seq = 0; seq < 3; seq += 1) await put(spool, seq)
    await spool.confirm(stream(), 3)
    await spool.confirm(stream(), 1)
    const { spool: again } = await openSpool(limits, { folder, mark: 'B' })
    expect(again.keptStreams()).toEqual([stream()])
    await again.confirm(stream(), 1)
    expect([again.heads().length, await seqsOf(again)]).toEqual([1, [1, 2]])
  })
})
