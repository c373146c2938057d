/** Who owns a file and what its mode lets others do; null where the system has neither. */
export type FileFacts = { readonly owner: number | null; readonly mode: number | null }

/** `refused`: it is there and was not read; `why` is a few words that hold nothing of the file. */
export type FileReading =
  | { readonly state: 'absent' }
  | { readonly state: 'refused'; readonly why: string }
  | ({ readonly state: 'read'; readonly bytes: Uint8Array } & FileFacts)

export type DiskEntry = { readonly name: string; readonly kind: 'file' | 'folder' | 'link' | 'other' }

/**
 * The file system of the machine that is looked at. Nothing of it throws or waits: a pipe, a device, a loop of links or a file that is
 * too large is `refused`. Paths are absolute, with `/` on every platform.
 */
export type Disk = {
  readonly read: (path: string) => FileReading
  /** sorted by name and bounded; empty where there is no such folder */
  readonly list: (path: string) => readonly DiskEntry[]
  /** of a file or a folder, links followed; null where there is none */
  readonly facts: (path: string) => FileFacts | null
  /** links followed; the path itself where that fails */
  readonly realPath: (path: string) => string
}

export const PLATFORMS = ['linux', 'darwin', 'win32'] as const
export type Platform = (typeof PLATFORMS)[number]

/** Absolute folders of one user. */
export type Machine = {
  readonly platform: Platform
  readonly home: string
  /** the current folder, and what was named besides */
  readonly workspaces: readonly string[]
  /** folders of PATH, in their order */
  readonly path: readonly string[]
}

export const baseName = (path: string): string => path.slice(lastSlash(path) + 1)
export const folderOf = (path: string): string => path.slice(0, Math.max(lastSlash(path), 0))

const lastSlash = (path: string): number => Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))

/**
 * Whether a path that a file names leads to a disk of this machine. Others are not even looked for: asking another machine for a file tells
 * it who asks, and Windows signs in to it.
 */
export function isLocal(path: string): boolean {
  const plain = path.replaceAll('\\', '/')
  return (
    /^(?:[A-Za-z]:)?\/(?!\/)/.test(plain) &&
    !/^\/(?:proc|sys|dev|net|afs|run\/user)(?:\/|$)/.test(plain) &&
    !plain.split('/').includes('..')
  )
}
