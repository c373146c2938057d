import { mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { createGrowingFile, putBytes } from './growing-file.ts'

/** When what was written is durable: with each write where the system can do that, or only once `sync` has resolved after it. */
export type Durability = 'each-write' | 'at-sync'

/**
 * An append-only file, written one piece after the other. `write` resolves with the bytes that the system took, which can be fewer than
 * were given; they are durable once `sync` has resolved after it.
 */
export type SpoolFile = {
  readonly write: (bytes: Uint8Array) => Promise<number>
  readonly sync: () => Promise<void>
  /** takes back, durably, what was written from there on, and what a failed write may have left; the file is written no more */
  readonly cut: (endBytes: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** The file system as the spool needs it, a port so that a full or failing disk can be shown. */
export type SpoolDisk = {
  /** a new file whose name survives a crash */
  readonly create: (name: string, durability?: Durability) => Promise<SpoolFile>
  /** replaces a small file whole and durably */
  readonly replace: (name: string, text: string) => Promise<void>
  readonly list: () => Promise<readonly string[]>
  readonly read: (name: string) => Promise<Uint8Array>
  readonly readAt: (name: string, offset: number, length: number) => Promise<Uint8Array>
  readonly remove: (name: string) => Promise<void>
  /** what the file system has left, in bytes */
  readonly freeBytes: () => Promise<number>
}

/** One private folder of the real file system. */
export async function openSpoolDisk(folder: string): Promise<SpoolDisk> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return {
    create: (name, durability) => createFile(folder, name, durability),
    replace: (name, text) => replaceFile(folder, name, text),
    list: async () => (await readdir(folder)).sort(),
    read: (name) => readFile(join(folder, name)).catch(unreadable(name)),
    readAt: (name, offset, length) => readAt(join(folder, name), offset, length).catch(unreadable(name)),
    remove: (name) => rm(join(folder, name), { force: true }),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    },
  }
}

/** What the system says of a read that failed does not name the file. */
const unreadable =
  (name: string) =>
  (cause: unknown): never => {
    throw new Error(`${name} cannot be read`, { cause })
  }

async function createFile(folder: string, name: string, durability?: Durability): Promise<SpoolFile> {
  const file = await createGrowingFile(join(folder, name), putBytes, durability)
  try {
    await syncFolder(folder)
    return file
  } catch (error) {
    await file.close().catch(() => {})
    throw error
  }
}

async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const draft = join(folder, `${name}.draft`)
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, join(folder, name))
  await syncFolder(folder)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function readAt(path: string, offset: number, length: number): Promise<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    const { bytesRead } = await handle.read(bytes, 0, length, offset)
    return bytes.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
