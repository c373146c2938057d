import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  opendirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import type { Dirent, Stats } from 'node:fs'
import type { Disk, DiskEntry, FileFacts, FileReading } from '@writ/inventory'

/** Configurations are a few kilobytes; `~/.claude.json` of somebody who works a lot is a few megabytes. */
const MOST_BYTES = 8 * 1024 * 1024
const MOST_ENTRIES = 5000

/** The files of this machine. Nothing is opened that could do something when it is: only files are, and never for longer than they are long. */
export const nodeDisk: Disk = {
  read,
  list,
  facts: (path) => {
    const stats = statOf(path)
    return stats === null ? null : factsOf(stats)
  },
  realPath: (path) => attempt(() => realpathSync(path).replaceAll('\\', '/')) ?? path,
}

function read(path: string): FileReading {
  try {
    // A device may do something when it is opened, and a pipe may wait: so look first.
    const stats = statSync(path)
    if (!stats.isFile()) return { state: 'refused', why: 'it is no file' }
    if (stats.size > MOST_BYTES) return { state: 'refused', why: 'it is too large' }
    return readOpened(openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)))
  } catch (error) {
    return refusedBy(error)
  }
}

/** It may have become something else since it was looked at. */
function readOpened(file: number): FileReading {
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) return { state: 'refused', why: 'it is no file' }
    const bytes = bytesOf(file)
    return bytes === null
      ? { state: 'refused', why: 'it is too large' }
      : { state: 'read', bytes, ...factsOf(stats) }
  } finally {
    closeSync(file)
  }
}

const CHUNK = 64 * 1024

/** To its end, whatever length it says that it has: those in `/proc` say none. */
function bytesOf(file: number): Uint8Array | null {
  const chunks: Buffer[] = []
  for (let total = 0; total <= MOST_BYTES;) {
    const chunk = Buffer.alloc(CHUNK)
    const count = readSync(file, chunk, 0, CHUNK, null)
    if (count === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, count))
    total += count
  }
  return null
}

function list(path: string): readonly DiskEntry[] {
  const entries: DiskEntry[] = []
  try {
    const folder = opendirSync(path)
    try {
      for (
        let entry = folder.readSync();
        entry !== null && entries.length < MOST_ENTRIES;
        entry = folder.readSync()
      )
        entries.push({ name: entry.name, kind: kindOf(entry) })
    } finally {
      folder.closeSync()
    }
  } catch {
    return []
  }
  return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
}

function kindOf(entry: Dirent): DiskEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'other'
}

const statOf = (path: string): Stats | null => attempt(() => statSync(path))

const factsOf = ({ uid, mode }: Stats): FileFacts =>
  process.platform === 'win32' ? { owner: null, mode: null } : { owner: uid, mode: mode & 0o7777 }

function attempt<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EINVAL', 'ERR_INVALID_ARG_VALUE'])
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'we may not read it',
  EPERM: 'we may not read it',
  ELOOP: 'its links lead in a circle',
}

function refusedBy(error: unknown): FileReading {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return ABSENT.has(code)
    ? { state: 'absent' }
    : { state: 'refused', why: REASONS[code] ?? 'it cannot be read' }
}
