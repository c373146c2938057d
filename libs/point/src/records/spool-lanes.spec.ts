import { readdir } from 'node:fs/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createGate, until } from '../gate.fixture.ts'
import { boot, failing, openSpool, put, removeFolders, seqsOf, stream } from './spool.fixture.ts'
import type { Wrap } from './spool.fixture.ts'

afterEach(removeFolders)

const STANDARD = stream('S', 'U')

/** A disk on which only files of the lane `standard` fail to sync. */
const standardFails =
  (isBroken: () => boolean): Wrap =>
  (disk) => ({
    ...disk,
    create: async (name, durability) => {
      const file = await disk.create(name, durability)
      if (durability !== 'at-sync') return file
      return { ...file, sync: () => (isBroken() ? Promise.reject(new Error('EIO')) : file.sync()) }
    },
  })

describe('the lane standard', () => {
  it('settles once the system has it, and is durable and ready to be shipped soon after', async () => {
    const gate = createGate()
    let syncs = 0
    const { spool } = await openSpool(
      {},
      {
        wrap: (disk) => ({
          ...disk,
          create: async (name, durability) => {
            const file = await disk.create(name, durability)
            return { ...file, sync: async () => ((syncs += 1), await gate.passed, file.sync()) }
          },
        }),
      },
    )
    spool.startOver(boot('S'), 'standard')
    const beganMs = performance.now()
    expect(await put(spool, 0, STANDARD, 'standard')).toBe(true)
    expect(spool.heads()).toEqual([])
    await until(() => syncs === 1)
    expect(performance.now() - beganMs).toBeLessThan(500)
    gate.open()
    await until(() => spool.heads().length === 1)
    expect(await seqsOf(spool, STANDARD)).toEqual([0])
  })

  it('has files of its own: a failing sync there fences nothing else, and says how many records it may have lost', async () => {
    let isBroken = true
    const { spool } = await openSpool({}, { wrap: standardFails(() => isBroken) })
    spool.startOver(boot('S'), 'standard')
    expect(await Promise.all([0, 1, 2].map((seq) => put(spool, seq, STANDARD, 'standard')))).toEqual([
      true,
      true,
      true,
    ])
    await until(() => spool.isLaneFenced('standard'))
    expect([...spool.takeLost()]).toEqual([[STANDARD, 3]])
    expect([...spool.takeLost()]).toEqual([])
    expect(await put(spool, 3, STANDARD, 'standard')).toBe(false)
    expect([spool.isFenced, await put(spool, 0)]).toEqual([false, true])
    isBroken = false
    spool.startOver(boot('V'), 'standard')
    expect(await put(spool, 0, stream('V', 'U'), 'standard')).toBe(true)
    await until(() => spool.heads().length === 2)
  })

  it('does not hold up the lane strict, nor the other way round', async () => {
    const gate = createGate()
    const { spool } = await openSpool(
      {},
      {
        wrap: (disk) => ({
          ...disk,
          create: async (name, durability) => {
            const file = await disk.create(name, durability)
            if (durability === 'at-sync') return file
            return { ...file, write: async (bytes) => (await gate.passed, file.write(bytes)) }
          },
        }),
      },
    )
    spool.startOver(boot('S'), 'standard')
    const strict = put(spool, 0)
    expect(await put(spool, 0, STANDARD, 'standard')).toBe(true)
    gate.open()
    expect(await strict).toBe(true)
  })

  it('is synced before it closes', async () => {
    const { spool, folder } = await openSpool()
    spool.startOver(boot('S'), 'standard')
    await put(spool, 0, STANDARD, 'standard')
    await spool.close()
    const { spool: again } = await openSpool({}, { folder, mark: 'B' })
    expect(await seqsOf(again, STANDARD)).toEqual([0])
  })
})

describe('how full a spool is', () => {
  it('is said at 70, 85 and 100 per cent', async () => {
    const { spool } = await openSpool({ maxBytes: 4_000_000, reserveBytes: 400_000 })
    const seen = new Map<string, number>()
    for (let seq = 0; spool.hasRoom('ordinary'); seq += 1) {
      const bytes = 'x'.repeat(50_000)
      if (!seen.has(spool.pressure)) seen.set(spool.pressure, spool.usedBytes / spool.boundBytes)
      await spool.append({ stream: stream(), seq, bytes }, '')
    }
    expect(spool.pressure).toBe('full')
    expect(seen.get('warn')).toBeCloseTo(0.7, 1)
    expect(seen.get('shed')).toBeCloseTo(0.85, 1)
  })
})

describe('a full disk', () => {
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })

  it('gets what is kept without need first, and goes on without a restart', async () => {
    let isFull = false
    const { spool, fences } = await openSpool(
      { segmentBytes: 1, keptMs: 1e9 },
      {
        wrap: failing((file) => ({
          ...file,
          write: (bytes) => (isFull ? Promise.reject(full) : file.write(bytes)),
        })),
      },
    )
    await put(spool, 0)
    await spool.confirm(stream(), 1)
    expect(spool.keptBytes).toBeGreaterThan(0)
    isFull = true
    expect(await put(spool, 1)).toBe(false)
    await until(() => spool.hasMadeRoom())
    expect([spool.keptBytes, spool.removedEarly, fences.length]).toEqual([0, 1, 1])
    isFull = false
    spool.startOver(boot('B'))
    expect(await put(spool, 0, stream('B'))).toBe(true)
    expect(spool.hasRoom('ordinary')).toBe(true)
  })

  it('gets the reserve then: what was begun can be closed, nothing begins, until there is room for the reserve again', async () => {
    const clock = { nowMs: 0 }
    const room = { bytes: 1e12 }
    const { spool, folder } = await openSpool(
      { reserveBytes: 3_000_000, nowMs: () => clock.nowMs },
      {
        wrap: (disk) => ({
          ...failing((file) => ({
            ...file,
            write: async (bytes) => (room.bytes === 0 ? 0 : file.write(bytes)),
          }))(disk),
          freeBytes: async () => room.bytes,
        }),
      },
    )
    await spool.tend()
    expect(await readdir(folder)).toEqual([])
    clock.nowMs += 10_000
    await spool.tend()
    expect(await readdir(folder)).toEqual(['reserve'])
    room.bytes = 0
    expect(await put(spool, 0)).toBe(false)
    await until(() => spool.hasMadeRoom())
    expect(await readdir(folder)).toEqual([])
    room.bytes = 3_000_000
    spool.startOver(boot('B'))
    expect([spool.hasRoom('ordinary'), spool.hasRoom('reserve'), spool.pressure]).toEqual([
      false,
      true,
      'full',
    ])
    expect(await put(spool, 0, stream('B'))).toBe(true)
    await spool.tend()
    expect(spool.hasRoom('ordinary')).toBe(false)
    room.bytes = 1e12
    await spool.tend()
    expect([spool.hasRoom('ordinary'), spool.pressure]).toEqual([true, 'none'])
  })
})
