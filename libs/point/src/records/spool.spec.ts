import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, truncate, writeFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { hashOf } from '@writ/audit'
import type { BootId, StreamId } from '@writ/contracts'
import type { SpoolDisk, SpoolFile } from './spool-disk.ts'
import { createGate } from '../gate.fixture.ts'
import { openSpoolDisk } from './spool-disk.ts'
import { Spool } from './spool.ts'
import { spoolLimits } from './spool-limits.ts'
import type { SpoolLimits } from './spool-limits.ts'

const boot = (mark: string): BootId => `boo_${mark.repeat(26)}`
const stream = (mark = 'A', of = 'T'): StreamId =>
  `nod_${'N'.repeat(26)}:boo_${mark.repeat(26)}:ten_${of.repeat(26)}`
const LIMITS = spoolLimits(64 * 1024 * 1024)

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-spool-'))
  folders.push(folder)
  return folder
}

type Given = { spool: Spool; folder: string; fences: unknown[] }

async function given(
  change: Partial<SpoolLimits> = {},
  wrap: (disk: SpoolDisk) => SpoolDisk = (disk) => disk,
): Promise<Given> {
  const folder = await folderOf()
  const fences: unknown[] = []
  const disk = wrap(await openSpoolDisk(folder))
  const spool = await Spool.open(disk, boot('A'), { ...LIMITS, ...change }, (reason) => fences.push(reason))
  return { spool, folder, fences }
}

const reopened = async (folder: string, mark = 'B'): Promise<Spool> =>
  Spool.open(await openSpoolDisk(folder), boot(mark), LIMITS, () => {})

const put = (spool: Spool, seq: number, of = stream(), bytes = `record ${seq}`) =>
  spool.append({ stream: of, seq, bytes }, hashOf(bytes))

const large = (seq: number, mark: string): string => `${seq} `.padEnd(20_000, mark)

/** A disk whose files do what a real one does when it is full or broken. */
const failing =
  (fault: (file: SpoolFile) => SpoolFile) =>
  (disk: SpoolDisk): SpoolDisk => ({
    ...disk,
    create: async (name) => fault(await disk.create(name)),
  })

describe('a spool', () => {
  it('gives back after a restart every record that was durable, in order, under its stream', async () => {
    const { spool, folder } = await given()
    for (let at = 0; at < 50; at += 1) await put(spool, at >> 1, stream('A', at % 2 === 0 ? 'T' : 'U'))
    await spool.close()
    const again = await reopened(folder)
    expect(again.depth).toBe(50)
    const frames = await again.read(stream('A', 'T'), 0, 100)
    expect(frames.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 25 }, (_, n) => `record ${n}`))
  })

  it('commits what arrives together with one sync', async () => {
    let syncs = 0
    const { spool } = await given(
      {},
      failing((file) => ({ ...file, sync: () => ((syncs += 1), file.sync()) })),
    )
    const all = await Promise.all(Array.from({ length: 200 }, (_, seq) => put(spool, seq)))
    expect(all.every(Boolean)).toBe(true)
    expect(syncs).toBeLessThan(5)
  })

  it('commits together what arrives while the process has other work', async () => {
    let writes = 0
    const { spool } = await given(
      {},
      // so fast that nothing ever waits for it
      failing((file) => ({ ...file, write: async (bytes) => ((writes += 1), bytes.length) })),
    )
    const appended: Promise<boolean>[] = []
    for (let seq = 0; seq < 100; seq += 1) {
      appended.push(put(spool, seq))
      for (const endMs = performance.now() + 0.1; performance.now() < endMs;);
      await new Promise((turn) => setImmediate(turn))
    }
    expect(await Promise.all(appended)).not.toContain(false)
    expect(writes).toBeLessThan(70)
  })

  it('resolves nothing before its sync has returned', async () => {
    const gate = createGate()
    const { spool } = await given(
      {},
      failing((file) => ({ ...file, sync: () => gate.passed })),
    )
    let isDurable = false
    const appended = put(spool, 0).then((durable) => (isDurable = durable))
    await new Promise((done) => setTimeout(done, 50))
    expect(isDurable).toBe(false)
    gate.open()
    expect(await appended).toBe(true)
  })

  it('reads up to the first torn frame and trusts nothing after it', async () => {
    const { spool, folder } = await given()
    for (let seq = 0; seq < 10; seq += 1) await put(spool, seq)
    await spool.close()
    const [name] = await readdir(folder)
    const path = join(folder, name ?? '')
    await truncate(path, (await readFile(path)).length - 3)
    const again = await reopened(folder)
    expect(again.heads()).toEqual([{ stream: stream(), nextSeq: 9, headHash: hashOf('record 8') }])
  })

  it('reads up to the first flipped byte', async () => {
    const { spool, folder } = await given()
    for (let seq = 0; seq < 10; seq += 1) await put(spool, seq)
    await spool.close()
    const [name] = await readdir(folder)
    const path = join(folder, name ?? '')
    const bytes = await readFile(path)
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(path, bytes)
    const kept = (await reopened(folder)).heads()[0]?.nextSeq ?? 0
    expect(kept).toBeGreaterThan(2)
    expect(kept).toBeLessThan(8)
  })

  it('reads records again from disk once memory holds no more of them', async () => {
    const { spool } = await given({ heldBytes: 20 })
    for (let seq = 0; seq < 10; seq += 1) await put(spool, seq)
    expect((await spool.read(stream(), 5, 3)).map(({ bytes }) => bytes)).toEqual([
      'record 5',
      'record 6',
      'record 7',
    ])
  })

  it('reads no more bytes at once than it is asked for, and one record of any size', async () => {
    const { spool } = await given()
    for (let seq = 0; seq < 10; seq += 1) await put(spool, seq, stream(), large(seq, 'a'))
    const countOf = async (mostBytes: number) => (await spool.read(stream(), 2, 100, mostBytes)).length
    expect([await countOf(1), await countOf(45_000), await countOf(1e9)]).toEqual([1, 2, 8])
  })

  it('reads from memory what was there when it was asked, whatever becomes of it while the disk is read', async () => {
    const { spool } = await given({ heldBytes: 256 * 1024 })
    for (let seq = 0; seq < 20; seq += 1) await put(spool, seq, stream(), large(seq, 'a'))
    const reading = spool.read(stream(), 0, 20)
    await spool.confirm(stream(), 15)
    for (let seq = 20; seq < 40; seq += 1) await put(spool, seq, stream(), large(seq, 'b'))
    expect((await reading).map(({ bytes }) => bytes)).toEqual(
      Array.from({ length: 20 }, (_, seq) => large(seq, 'a')),
    )
  })

  it('deletes a segment only when all its records are confirmed, of every stream', async () => {
    const { spool, folder } = await given({ segmentBytes: 1 })
    await Promise.all([put(spool, 0, stream('A', 'T')), put(spool, 0, stream('A', 'U'))])
    await put(spool, 1, stream('A', 'T'))
    expect(await readdir(folder)).toHaveLength(2)
    await spool.confirm(stream('A', 'T'), 2)
    expect(await readdir(folder)).toHaveLength(1)
    await spool.confirm(stream('A', 'U'), 1)
    expect(await readdir(folder)).toHaveLength(0)
    expect([spool.depth, spool.usedBytes]).toEqual([0, 0])
  })

  it('never deletes for a watermark that stands still or goes back', async () => {
    const { spool, folder } = await given({ segmentBytes: 1 })
    await put(spool, 0)
    await put(spool, 1)
    await spool.confirm(stream(), 1)
    await spool.confirm(stream(), 0)
    await spool.confirm(stream('Z'), 99)
    expect(await readdir(folder)).toHaveLength(1)
    expect((await spool.read(stream(), 0, 10)).map(({ seq }) => seq)).toEqual([1])
  })

  it('keeps a reserve for closing records and says when it is full', async () => {
    const maxBytes = 1024 * 1024
    const { spool } = await given({ maxBytes, reserveBytes: 400 * 1024 })
    let seq = 0
    while (spool.hasRoom('ordinary')) await put(spool, (seq += 1), stream(), 'x'.repeat(10_000))
    expect(spool.hasRoom('reserve')).toBe(true)
    while (spool.hasRoom('reserve')) await put(spool, (seq += 1), stream(), 'x'.repeat(10_000))
    expect(spool.usedBytes).toBeLessThanOrEqual(maxBytes)
  })
})

describe('a disk that fails', () => {
  it.each<[string, (file: SpoolFile) => SpoolFile]>([
    [
      'a short write without an error',
      (file) => ({ ...file, write: async (pieces) => (await file.write(pieces)) - 1 }),
    ],
    ['a write error', (file) => ({ ...file, write: () => Promise.reject(new Error('EIO')) })],
    ['a sync error', (file) => ({ ...file, sync: () => Promise.reject(new Error('EIO')) })],
  ])('fences the spool at %s: nothing is confirmed then or later', async (_, fault) => {
    const { spool, fences } = await given({}, failing(fault))
    expect(await Promise.all([put(spool, 0), put(spool, 1)])).toEqual([false, false])
    expect(spool.isFenced).toBe(true)
    expect(await put(spool, 2)).toBe(false)
    expect(fences).toHaveLength(1)
    expect(spool.heads()).toEqual([])
  })

  it('fences the spool at a file that it has left and cannot close: what is in it stays, nothing follows', async () => {
    const fault = failing((file) => ({
      ...file,
      close: () => file.close().then(() => Promise.reject(new Error('EIO'))),
    }))
    const { spool, folder, fences } = await given({ segmentBytes: 1 }, fault)
    expect(await put(spool, 0)).toBe(true)
    await new Promise((later) => setTimeout(later, 20))
    expect([await put(spool, 1), spool.isFenced, fences.length]).toEqual([false, true, 1])
    const again = await reopened(folder)
    expect((await again.read(stream(), 0, 10)).map(({ seq }) => seq)).toEqual([0])
  })

  it('says so where the files of a boot that is over cannot be closed, and goes on with new ones', async () => {
    let isBroken = true
    const fault = failing((file) => ({
      ...file,
      close: () => file.close().then(() => (isBroken ? Promise.reject(new Error('EIO')) : undefined)),
    }))
    const { spool, fences } = await given({}, fault)
    expect(await put(spool, 0)).toBe(true)
    spool.startOver(boot('B'))
    expect(await put(spool, 0, stream('B'))).toBe(true)
    await new Promise((later) => setTimeout(later, 20))
    expect([fences.length, spool.isFenced]).toEqual([1, false])
    isBroken = false
    await spool.close()
  })

  it('never syncs the same file again after its sync failed', async () => {
    const calls: string[] = []
    let isBroken = true
    const { spool } = await given(
      {},
      failing((file) => ({
        ...file,
        sync: () => {
          calls.push('sync')
          return isBroken ? Promise.reject(new Error('EIO')) : file.sync()
        },
      })),
    )
    await put(spool, 0)
    isBroken = false
    expect(await put(spool, 1)).toBe(false)
    expect(calls).toEqual(['sync'])
  })

  it('serves again with new files for a new boot, and keeps what was durable before', async () => {
    let isBroken = false
    const fault = failing((file) => ({
      ...file,
      sync: () => (isBroken ? Promise.reject(new Error('EIO')) : file.sync()),
    }))
    const { spool, folder } = await given({}, fault)
    expect(await put(spool, 0)).toBe(true)
    isBroken = true
    expect(await put(spool, 1)).toBe(false)
    isBroken = false
    spool.startOver(boot('B'))
    expect(await put(spool, 0, stream('B'))).toBe(true)
    expect(spool.heads().map((head) => [head.stream, head.nextSeq])).toEqual([
      [stream('A'), 1],
      [stream('B'), 1],
    ])
    await spool.close()
    const again = await reopened(folder, 'C')
    expect((await again.read(stream('B'), 0, 10)).map(({ bytes }) => bytes)).toEqual(['record 0'])
  })

  it('leaves no empty files behind however often a full disk is tried', async () => {
    const { spool, folder } = await given(
      {},
      failing((file) => ({ ...file, write: () => Promise.resolve(0) })),
    )
    for (const mark of ['A', 'B', 'C']) {
      await put(spool, 0)
      spool.startOver(boot(mark))
    }
    expect(await readdir(folder)).toEqual([])
    expect(spool.usedBytes).toBe(0)
  })
})

describe('a process that is killed', () => {
  it('had on disk whatever it said was durable, twenty times at random moments', async () => {
    for (let round = 0; round < 20; round += 1) {
      const folder = await folderOf()
      const said = await killedAfter(folder, 20 + Math.random() * 80)
      const again = await reopened(folder)
      const frames = await again.read(stream(), 0, 1_000_000)
      expect(frames.length).toBeGreaterThanOrEqual(said)
      expect(frames.every(({ seq, bytes }, at) => seq === at && bytes === `record ${at}`)).toBe(true)
      await again.close()
    }
  }, 60_000)
})

/** Runs a process that appends without end, kills it, and returns how many records it had called durable. */
function killedAfter(folder: string, ms: number): Promise<number> {
  const script = join(import.meta.dirname, '../../test/append-forever.mjs')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@writ/source', script, folder, stream()], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (text === '') setTimeout(() => child.kill('SIGKILL'), ms)
      text += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', () => resolve(Number(text.split('\n').at(-2) ?? 0)))
  })
}
