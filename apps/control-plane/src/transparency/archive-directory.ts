import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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
  return {
    put: async (name, bytes) => {
      requireArchiveName(name)
      const path = join(root, name)
      const before = await contentOf(path)
      if (before !== null) return sameOrConflict(before, bytes)
      return (await linkNew(path, bytes))
        ? 'kept'
        : sameOrConflict((await contentOf(path)) ?? Buffer.alloc(0), bytes)
    },
    get: async (name) => {
      requireArchiveName(name)
      return contentOf(join(root, name))
    },
    names: (prefix) => namesBelow(root, '', prefix),
  }
}

export function sameOrConflict(before: Uint8Array, bytes: Uint8Array): 'kept-before' {
  if (Buffer.compare(before, bytes) !== 0) throw new ArchiveConflict('something else is kept by that name')
  return 'kept-before'
}

const DRAFT = '.draft-'

async function linkNew(path: string, bytes: Uint8Array): Promise<boolean> {
  const folder = dirname(path)
  await makeFolder(folder)
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
  await syncFolder(folder)
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

/** A new folder is durable when the one above it knows of it. */
async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true })
  if (made === undefined) return
  for (let at = path; at.length >= dirname(made).length; at = dirname(at)) await syncFolder(at)
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
