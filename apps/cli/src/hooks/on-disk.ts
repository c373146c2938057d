import { createHash, randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { constants, promises as fs } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '../private-file.ts'
import { Failure } from '../failure.ts'

/** Longest configuration that is read, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024

/** The bytes of a file, or null where there is none. @throws Failure where there is something else, or it cannot be read */
export async function bytesAt(path: string): Promise<Buffer | null> {
  const stats = await statsOf(path)
  if (stats === null) return null
  if (!stats.isFile() || stats.size > MAX_BYTES)
    throw new Failure(`${path} is no configuration file`, 'Nothing was changed. Look at what lies there.')
  return fs.readFile(path)
}

export async function statsOf(path: string): Promise<Stats | null> {
  return fs.stat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return null
    throw error
  })
}

export const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Puts a file in place whole or not at all, with these rights whatever the umask, and makes the folders that are missing.
 * A link is followed: who keeps settings behind one keeps it. @param folderMode rights of the folders that are made
 * @returns the folders that were made
 */
export async function putWhole(
  path: string,
  bytes: Buffer,
  mode: number,
  folderMode = 0o755,
): Promise<readonly string[]> {
  const target = await fs.realpath(path).catch(() => path)
  const made = await makeFolders(dirname(target), folderMode)
  const draft = `${target}.${randomBytes(6).toString('hex')}`
  try {
    const file = await fs.open(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode)
    try {
      await file.writeFile(bytes)
      await file.chmod(mode)
      await file.sync()
    } finally {
      await file.close()
    }
    await fs.rename(draft, target)
  } catch (error) {
    await fs.rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
  return made
}

async function makeFolders(path: string, mode: number): Promise<readonly string[]> {
  if ((await statsOf(path)) !== null) return []
  const above = await makeFolders(dirname(path), mode)
  await fs.mkdir(path)
  await fs.chmod(path, mode)
  return [...above, path]
}

export async function removeFile(path: string): Promise<void> {
  await fs.rm(path, { force: true })
}

/** Those of ours that hold nothing any more. */
export async function removeEmpty(folders: readonly string[]): Promise<void> {
  const deepestFirst = [...new Set(folders)].sort((one, other) => other.length - one.length)
  for (const folder of deepestFirst) await fs.rmdir(folder).catch(() => undefined)
}

/** Who else than root could change a file: itself or a folder above it. Null: nobody. */
export async function looseAt(path: string): Promise<string | null> {
  for (let at = path; ; at = dirname(at)) {
    const stats = await fs.lstat(at).catch(() => null)
    const loose = stats === null ? `${at} is not there` : looseBy(at, stats)
    if (loose !== null || at === dirname(at)) return loose
  }
}

function looseBy(at: string, stats: Stats): string | null {
  if (stats.uid !== 0) return `${at} belongs to user ${stats.uid}, not to root`
  // In a sticky folder others cannot touch what is root's; a link has no rights of its own.
  const isGuarded = stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & 0o1000) !== 0)
  return isGuarded || (stats.mode & 0o022) === 0
    ? null
    : `${at} can be written by others than root (mode ${(stats.mode & 0o7777).toString(8)})`
}
