import type { Disk } from '../disk.ts'
import { folderOf } from '../disk.ts'

/** Whether only an admin of the machine can change what stands at a path: neither the file nor a folder above it is another's. Null where the system has no such rights. */
export function isProtected(disk: Disk, path: string): boolean | null {
  const chain = withFoldersAbove(disk.realPath(path)).map((at) => disk.facts(at))
  if (chain[0] === null || chain[0]?.owner == null) return null
  return chain.every((facts) => facts !== null && facts.owner === 0 && ((facts.mode ?? 0) & 0o022) === 0)
}

export type Readers = 'owner' | 'group' | 'all'

/** Who can read a file, the folders above it considered. */
export function readersOf(disk: Disk, path: string): Readers {
  const [file, ...folders] = withFoldersAbove(disk.realPath(path)).map((at) => disk.facts(at)?.mode ?? 0)
  const isOpen = (read: number, enter: number): boolean =>
    ((file ?? 0) & read) !== 0 && folders.every((mode) => (mode & enter) !== 0)
  if (isOpen(0o004, 0o001)) return 'all'
  return isOpen(0o040, 0o011) ? 'group' : 'owner'
}

function withFoldersAbove(path: string): readonly string[] {
  const chain = [path]
  for (let at = folderOf(path); at !== '' && chain.length < 64; at = folderOf(at)) chain.push(at)
  return path.startsWith('/') ? [...chain, '/'] : chain
}
