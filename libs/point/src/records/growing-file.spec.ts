import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createGrowingFile, putBytes } from './growing-file.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function given(put = putBytes) {
  const folder = await mkdtemp(join(tmpdir(), 'writ-growing-'))
  folders.push(folder)
  const path = join(folder, 'file')
  return { path, file: await createGrowingFile(path, put) }
}

/** Bytes that are never zero, so that a zero over one of them would show. */
const pieceOf = (sizeBytes: number, mark: number): Buffer => Buffer.alloc(sizeBytes, 1 + (mark % 255))

describe('a file that grows', () => {
  it('holds what was written, in order, whatever zeros were on their way meanwhile', async () => {
    const { path, file } = await given()
    const pieces = Array.from({ length: 400 }, (_, at) => pieceOf(1 + ((at * 7919) % 9000), at))
    pieces.push(pieceOf(3_000_000, 1), pieceOf(5, 2))
    for (const piece of pieces) {
      expect(await file.write(piece)).toBe(piece.length)
      await file.sync()
    }
    await file.close()
    expect((await readFile(path)).equals(Buffer.concat(pieces))).toBe(true)
  })

  it('is never zeroed where something was written, however late the zeros arrive', async () => {
    const { path, file } = await given(async (descriptor, bytes, position) => {
      if (bytes[0] === 0) await new Promise((done) => setTimeout(done, 50))
      return putBytes(descriptor, bytes, position)
    })
    const pieces = [10, 70_000, 5_000, 400_000, 10].map(pieceOf)
    for (const piece of pieces) await file.write(piece)
    await file.close()
    expect((await readFile(path)).equals(Buffer.concat(pieces))).toBe(true)
  })

  it.each([
    ['has no room for zeros, and goes on', 'ENOSPC', 2],
    ['could not keep its zeros, and takes nothing more', 'EIO', 1],
  ])('%s', async (_, code, taken) => {
    const { file } = await given(async (descriptor, bytes, position) => {
      if (bytes[0] === 0) throw Object.assign(new Error(code), { code })
      return putBytes(descriptor, bytes, position)
    })
    let took = 0
    for (let at = 0; at < 2; at += 1) took += (await file.write(pieceOf(100, at)).catch(() => 0)) / 100
    expect(took).toBe(taken)
    await file.close()
  })

  it('has nothing but zeros behind what was written, in proportion to it, for whoever reads it after a crash', async () => {
    const { path, file } = await given()
    for (let at = 0; at < 20; at += 1) await file.write(pieceOf(10_000, at))
    await untilStill(path)
    const bytes = await readFile(path)
    expect(bytes.length).toBeGreaterThan(200_000)
    expect(bytes.length).toBeLessThanOrEqual(3 * 200_000)
    expect(bytes.subarray(200_000).every((byte) => byte === 0)).toBe(true)
    await file.close()
    expect((await stat(path)).size).toBe(200_000)
  })

  it('takes back what was written from some place on', async () => {
    const { path, file } = await given()
    for (let at = 0; at < 3; at += 1) await file.write(pieceOf(1000, at))
    await file.cut(1500)
    expect((await stat(path)).size).toBe(1500)
    await file.close()
    expect((await stat(path)).size).toBe(1500)
  })

  it('is private, and never one that was there', async () => {
    const { path, file } = await given()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await expect(createGrowingFile(path)).rejects.toThrow('EEXIST')
    await file.close()
  })

  it('says what the system could not take', async () => {
    const { path, file } = await given()
    await file.write(pieceOf(1, 1))
    await file.close()
    await expect(file.write(pieceOf(1, 1))).rejects.toThrow('EBADF')
    expect((await stat(path)).size).toBe(1)
  })

  const onLinux = process.platform === 'linux' ? it : it.skip
  onLinux('is written durably: no write returns before the disk has it', async () => {
    const { path, file } = await given()
    expect(await flagsOf(path)).toMatch(/^0\d*1\d{4}$/)
    await file.close()
  })
})

/** How a file of this process was opened, octal; O_DSYNC is 010000. */
async function flagsOf(path: string): Promise<string> {
  for (const descriptor of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${descriptor}`).catch(() => '')) !== path) continue
    return /flags:\s+(\d+)/.exec(await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? ''
  }
  throw new Error('the file is not open')
}

/** Until a file has not grown for a while. */
async function untilStill(path: string): Promise<void> {
  for (let size = -1, now = 0; size !== now; now = (await stat(path)).size) {
    size = now
    await new Promise((done) => setTimeout(done, 200))
  }
}
