import type { InventoryReport } from '@writ/contracts'
import type { Disk, DiskEntry, FileFacts, FileReading, Machine, Platform } from './disk.ts'
import { takeInventory } from './take-inventory.ts'

/** A file in memory: its text, or its text with owner and mode, or why it is refused. */
export type GivenFile =
  | string
  | { readonly text: string | Uint8Array; readonly owner?: number; readonly mode?: number }
  | { readonly refused: string }
  | { readonly linkTo: string }

/** A disk that has these files, in folders of root that everybody may enter. Folders can be given too: their text does not count. */
export function givenDisk(
  files: Readonly<Record<string, GivenFile>>,
): Disk & { readonly asked: ReadonlySet<string> } {
  const given = new Map(Object.entries(files))
  const asked = new Set<string>()
  const folders = new Set([...given.keys()].flatMap(foldersAbove))
  const realPath = (path: string): string => {
    const file = given.get(path)
    return typeof file === 'object' && 'linkTo' in file ? realPath(file.linkTo) : path
  }
  return {
    asked,
    realPath,
    read: (path) => {
      asked.add(path)
      return readingOf(given.get(realPath(path)))
    },
    list: (path) => {
      asked.add(path)
      return entriesOf(path, given, folders)
    },
    facts: (path) => {
      asked.add(path)
      const file = given.get(realPath(path))
      return file === undefined ? (folders.has(path) ? { owner: 0, mode: 0o755 } : null) : factsOf(file)
    },
  }
}

const foldersAbove = (path: string): readonly string[] =>
  path.split('/').map((_, at, parts) => parts.slice(0, at).join('/') || '/')

function readingOf(file: GivenFile | undefined): FileReading {
  if (file === undefined) return { state: 'absent' }
  if (typeof file === 'object' && 'refused' in file) return { state: 'refused', why: file.refused }
  const text = typeof file === 'object' && 'text' in file ? file.text : typeof file === 'string' ? file : ''
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return { state: 'read', bytes, ...factsOf(file) }
}

const factsOf = (file: GivenFile): FileFacts =>
  typeof file === 'object' && 'text' in file
    ? { owner: file.owner ?? 1000, mode: file.mode ?? 0o600 }
    : { owner: 1000, mode: 0o600 }

function entriesOf(
  path: string,
  given: ReadonlyMap<string, GivenFile>,
  folders: ReadonlySet<string>,
): readonly DiskEntry[] {
  const below = (paths: Iterable<string>): string[] =>
    [...paths].filter((one) => one !== '/' && one.slice(0, one.lastIndexOf('/')) === path)
  const files = below(given.keys()).map((one) => ({
    name: one.slice(path.length + 1),
    kind: 'file' as const,
  }))
  const inner = below(folders).map((one) => ({ name: one.slice(path.length + 1), kind: 'folder' as const }))
  return [...files, ...inner].sort((one, other) => (one.name < other.name ? -1 : 1))
}

export const HOMES: Readonly<Record<Platform, string>> = {
  linux: '/home/ana',
  darwin: '/Users/ana',
  win32: 'C:/Users/ana',
}
export const SALT = new Uint8Array(32).fill(7)

/** What a scan of that disk says. */
export const inventoryOf = (
  files: Readonly<Record<string, GivenFile>> | Disk,
  machine: Partial<Machine> = {},
): InventoryReport =>
  takeInventory({
    disk: isDisk(files) ? files : givenDisk(files),
    machine: {
      platform: 'linux',
      home: HOMES[machine.platform ?? 'linux'],
      workspaces: [],
      path: [],
      ...machine,
    },
    scannedAt: '2026-11-01T08:00:00.000Z',
    salt: SALT,
    gateways: ['https://gateway.example'],
    isThisWrit: (program) => program === 'writ' || program === '/usr/local/bin/writ',
  })

const isDisk = (given: Readonly<Record<string, GivenFile>> | Disk): given is Disk =>
  typeof given['read'] === 'function'

/** A configuration of Cursor with one server. */
export const cursorWith = (entry: object, name = 'one'): string =>
  JSON.stringify({ mcpServers: { [name]: entry } })
