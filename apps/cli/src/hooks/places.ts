import { posix, win32 } from 'node:path'

export const PLATFORMS = ['linux', 'darwin', 'win32'] as const
export type Platform = (typeof PLATFORMS)[number]

/** Where hooks go on one machine, as its clients name the places. */
export type Places = {
  readonly platform: Platform
  /** home of the user whose files the observe tier writes */
  readonly home: string
  /** where writ keeps what is this user's */
  readonly writHome: string
  /** folder that stands for the root of the machine, for packages and trials; null: the machine itself */
  readonly root: string | null
  /** who runs this; null where users have no numbers */
  readonly uid: number | null
}

/** Whether files of root can be written: in a folder that only stands for a machine anybody may. */
export const isRoot = ({ uid, root }: Places): boolean => root !== null || uid === null || uid === 0

export const joined = ({ platform }: Places, ...parts: readonly string[]): string =>
  platform === 'win32' ? win32.join(...parts) : posix.join(...parts)

/** Where a file of the machine really lies: under `root`, where one is given. */
export function onDisk({ platform, root }: Places, path: string): string {
  if (root === null) return path
  const below = platform === 'win32' ? path.replace(/^([A-Za-z]):/, '$1').replaceAll('\\', '/') : path
  return posix.join(root, below)
}

/** What root owns: the hook client and the note of what was installed. */
export const managedFolder = (places: Places): string =>
  ({
    linux: '/usr/local/lib/writ',
    darwin: '/usr/local/lib/writ',
    win32: 'C:\\Program Files\\Writ',
  })[places.platform]

export const receiptPath = (places: Places, isManaged: boolean): string =>
  isManaged
    ? { linux: '/etc/writ', darwin: '/Library/Application Support/Writ', win32: 'C:\\ProgramData\\Writ' }[
        places.platform
      ] + (places.platform === 'win32' ? '\\hooks.json' : '/hooks.json')
    : joined(places, places.writHome, 'hooks.json')
