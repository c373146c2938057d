import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'

export type PathKind = 'file' | 'directory' | 'link' | 'other' | 'absent'

/** What planning a sandbox asks of the machine. Nothing throws. */
export type LocalFiles = {
  /** of the path itself, a symbolic link not followed */
  kindOf(path: string): PathKind
  /** without symbolic links; null when there is no such path */
  realPath(path: string): string | null
  /** empty when it is no directory, or not readable */
  namesIn(directory: string): readonly string[]
  /** null when it is no link */
  targetOf(link: string): string | null
}

export const localFiles: LocalFiles = {
  kindOf: (path) => quietly(() => kindOfStat(path)) ?? 'absent',
  realPath: (path) => quietly(() => realpathSync(path)),
  namesIn: (directory) => quietly(() => readdirSync(directory)) ?? [],
  targetOf: (link) => quietly(() => readlinkSync(link)),
}

function kindOfStat(path: string): PathKind {
  const found = lstatSync(path)
  if (found.isSymbolicLink()) return 'link'
  if (found.isDirectory()) return 'directory'
  return found.isFile() ? 'file' : 'other'
}

function quietly<T>(ask: () => T): T | null {
  try {
    return ask()
  } catch {
    return null
  }
}
