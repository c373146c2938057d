import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ArchiveConflict } from '@writ/audit'
import type { AuditArchive } from '@writ/audit'
import { codeOf } from '../error-code.ts'
import { requireArchiveName } from './archive-names.ts'

/**
 * Copies in a folder of this machine, or of one that is mounted here. A copy is written beside its name, synchronized, and linked to the name,
 * which fails where the name is taken: nothing is ever half there or written over. It is read-only; what keeps people from it is the
 * file system, so `keepUntil` is not looked at.
 */
export function createDirectoryArchive(root: string): AuditArchive {
  const settle = createSettling(resolve(root))
  return {
    put: async (name, bytes) => {
      requireArchiveName(name)
      const path = resolve(root, name)
      const before = await contentOf(path)
      if (before === null && (await linkNew(path, bytes))) {
        await settle(dirname(path))
        return 'kept'
      }
      const kept = sameOrConflict(before ?? (await contentOf(path)), bytes)
      // Whoever put it there may have ended before its folder was durable.
      await settle(dirname(path))
      return kept
    },
    get: async (name) => {
      requireArchiveName(name)
      return contentOf(join(root, name))
    },
    names: (prefix) => namesBelow(root, '', prefix),
  }
}

/** @param before what is kept by the name of the copy; null: nothing is, though it was said to be */
export function sameOrConflict(before: Uint8Array | null, bytes: Uint8Array): 'kept-before' {
  if (before === null) throw new Error('what is said to be kept by that name is not there')
  if (Buffer.compare(before, bytes) !== 0) throw new ArchiveConflict('something else is kept by that name')
  return 'kept-before'
}

const DRAFT = '.draft-'

async function linkNew(path: string, bytes: Uint8Array): Promise<boolean> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  const draft = join(folder, `${DRAFT}${randomBytes(9).toString('base64url')}`)
  try {
    await writeDurably(draft, bytes)
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
  return true
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o444)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Folders whose way from the root is known to be durable; more are looked at anew. */
const MOST_SETTLED = 10_000

/**
 * Makes durable what stands in a folder, and the first time the folders above it too: a folder is there after a crash when the one above it
 * knows of it, and who made it may have ended before that.
 */
function createSettling(root: string): (folder: string) => Promise<void> {
  const settled = new Set<string>()
  return async (folder) => {
    await syncFolder(folder)
    if (settled.has(folder)) return
    for (let at = folder; at.length > root.length; at = dirname(at)) await syncFolder(dirname(at))
    // Above the root nothing is ours, and what may not be opened is a mount that was there before.
    await syncFolder(dirname(root)).catch(() => undefined)
    if (settled.size >= MOST_SETTLED) settled.clear()
    settled.add(folder)
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function contentOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(codeOf(error)))) return null
    throw error
  }
}

/** Folder by folder, so that the first names come without looking at the others. */
async function* namesBelow(root: string, folder: string, prefix: string): AsyncIterable<string> {
  for (const name of await entriesOf(join(root, folder))) {
    const path = `${folder}${name}`
    if (!(path.startsWith(prefix) || (name.endsWith('/') && prefix.startsWith(path)))) continue
    if (name.endsWith('/')) yield* namesBelow(root, path, prefix)
    else yield path
  }
}

/** Folders with their slash: so they stand where the names in them stand in the order of bytes. */
async function entriesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  return entries
    .filter(({ name }) => !name.startsWith(DRAFT))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .toSorted((one, other) => (one < other ? -1 : 1))
}
