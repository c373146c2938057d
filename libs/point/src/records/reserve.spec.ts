import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { hashOf } from '@writ/audit'
import { until } from '../gate.fixture.ts'
import { boot, newFolder, openSpool, removeFolders, stream } from './spool.fixture.ts'
import type { Wrap } from './spool.fixture.ts'

afterEach(removeFolders)

const RESERVE_BYTES = 3_000_000

/** A spool that takes its reserve at once, in a folder where an earlier start left so much of one. */
async function givenLeft(leftBytes: number) {
  const folder = await newFolder()
  await writeFile(join(folder, 'reserve'), Buffer.alloc(leftBytes))
  const clock = { nowMs: 0 }
  const limits = { reserveBytes: RESERVE_BYTES, nowMs: () => clock.nowMs }
  const { spool } = await openSpool(limits, { folder })
  clock.nowMs = 10_000
  return { spool, folder }
}

describe('the reserve that an earlier start left', () => {
  it('is taken whole where that start ended while it was taking it', async () => {
    const { spool, folder } = await givenLeft(1_000_000)
    await spool.tend()
    expect((await stat(join(folder, 'reserve'))).size).toBe(RESERVE_BYTES)
  })

  it('is used as it is where it is whole', async () => {
    const { spool, folder } = await givenLeft(RESERVE_BYTES)
    const before = await stat(join(folder, 'reserve'))
    await spool.tend()
    expect((await stat(join(folder, 'reserve'))).ino).toBe(before.ino)
    expect(await readdir(folder)).toEqual(['reserve'])
  })
})

describe('a clock that is set back as soon as a spool is open', () => {
  it('does not put off the reserve for as long', async () => {
    const clock = { nowMs: 7_200_000 }
    const { spool, folder } = await openSpool({ reserveBytes: RESERVE_BYTES, nowMs: () => clock.nowMs })
    await spool.tend()
    expect(await readdir(folder)).toEqual([])
    clock.nowMs -= 3_600_000
    await spool.tend()
    expect(await readdir(folder)).toEqual(['reserve'])
  })
})

describe('a disk that is full already when a start finds it', () => {
  it('lets nothing begin until there is room for the reserve, and takes the end of what was begun', async () => {
    const clock = { nowMs: 0 }
    const room = { bytes: RESERVE_BYTES }
    const { spool } = await openSpool(
      { reserveBytes: RESERVE_BYTES, nowMs: () => clock.nowMs },
      { wrap: (disk) => ({ ...disk, freeBytes: async () => room.bytes }) },
    )
    clock.nowMs = 10_000
    await spool.tend()
    expect([spool.hasRoom('ordinary'), spool.hasRoom('reserve'), spool.pressure]).toEqual([
      false,
      true,
      'full',
    ])
    room.bytes = 1e12
    await spool.tend()
    expect([spool.hasRoom('ordinary'), spool.pressure]).toEqual([true, 'none'])
  })
})

/** A disk of so many bytes, of which a file that is removed gives back its own. */
function sized(capacityBytes: number): Wrap {
  const sizes = new Map<string, number>()
  const freeBytes = () => capacityBytes - [...sizes.values()].reduce((sum, size) => sum + size, 0)
  return (disk) => ({
    ...disk,
    freeBytes: async () => freeBytes(),
    remove: async (name) => (sizes.delete(name), disk.remove(name)),
    create: async (name, durability) => {
      const file = await disk.create(name, durability)
      const write = async (bytes: Uint8Array): Promise<number> => {
        if (bytes.length > freeBytes()) return 0
        sizes.set(name, (sizes.get(name) ?? 0) + bytes.length)
        return file.write(bytes)
      }
      return { ...file, write }
    },
  })
}

describe('a disk that is smaller than what may be kept on it', () => {
  it('serves again once the ledger has confirmed what it was full of: the reserve comes before what is only kept', async () => {
    const clock = { nowMs: 0 }
    const { spool } = await openSpool(
      { reserveBytes: 1_000_000, segmentBytes: 500_000, keptMs: 1e9, nowMs: () => clock.nowMs },
      { wrap: sized(6_000_000) },
    )
    clock.nowMs = 10_000
    await spool.tend()
    const bytes = 'x'.repeat(50_000)
    let seq = 0
    while (await spool.append({ stream: stream(), seq, bytes }, hashOf(bytes))) seq += 1
    await until(() => spool.hasMadeRoom())
    spool.startOver(boot('B'))
    await spool.tend()
    expect([spool.hasRoom('ordinary'), spool.removedEarly]).toEqual([false, 0])
    await spool.confirm(stream(), seq)
    await spool.tend()
    expect([spool.hasRoom('ordinary'), spool.pressure]).toEqual([true, 'none'])
    expect(spool.keptBytes).toBeGreaterThan(2_000_000)
  })
})
