import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { Failure } from './failure.ts'

/** Longest file that is read, in bytes: a key or a profile is much shorter. */
const MAX_BYTES = 64 * 1024

/** Puts a file in place whole or not at all: readable by its owner only, and on disk when this settles. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeNew(draft, text)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Some file systems, and Windows, have no such thing; the rename is atomic there all the same. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

/** What is looked at is what is read: the file is opened first, and never through a link. @throws Failure where others can read it */
export async function readPrivate(path: string): Promise<string> {
  const file = await open(path, READ_ONLY).catch((error: unknown) => {
    throw codeOf(error) === 'ELOOP' ? linked(path) : error
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > MAX_BYTES) throw notAFile(path)
    refuseShared(path, stats, 'file')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Without waiting: a pipe would never open. Windows knows neither of the last two, and nothing is nothing in a sum of bits. */
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Whoever can write in the folder can put another key there. @throws Failure */
export async function refuseSharedFolder(path: string): Promise<void> {
  const stats = await lstat(path)
  if (stats.isSymbolicLink()) throw linked(path)
  refuseShared(path, stats, 'folder')
}

/** A key that others can read is no proof of who the agent is. Windows keeps no such modes. */
function refuseShared(path: string, { mode, uid }: Stats, kind: 'file' | 'folder'): void {
  if (process.platform === 'win32') return
  const isOurs = uid === process.getuid?.()
  if (isOurs && (mode & 0o077) === 0) return
  throw new Failure(
    `other users of this machine can read ${path}`,
    isOurs
      ? `Run: chmod ${kind === 'file' ? '600' : '700'} ${path}. If someone may have copied the key, revoke the agent and enrol again.`
      : 'It belongs to another user. Enrol again as the user who runs the agent.',
  )
}

const linked = (path: string): Failure =>
  new Failure(
    `${path} is a symbolic link`,
    'Keys are read from where they are kept, and from nowhere else. Put the file itself there, or enrol again.',
  )

const notAFile = (path: string): Failure =>
  new Failure(`${path} is no file that writ has written`, 'Enrol again with a new token.')

const SystemFault = z.object({ code: z.string() })

/** `ENOENT` and the like; null for anything else. */
export const codeOf = (error: unknown): string | null => SystemFault.safeParse(error).data?.code ?? null
