import type { InventoryClient } from '@writ/contracts'
import type { Disk, Machine } from '../disk.ts'
import { baseName, folderOf } from '../disk.ts'
import { resolved } from '../places.ts'
import { parse, textOf } from '../reading/parse.ts'
import { textIn, isTable } from '../reading/value.ts'
import { filesAt } from '../walk.ts'
import type { ClientRow } from './client-table.ts'
import { CLIENT_TABLE, ENDINGS, PROGRAM_FOLDERS } from './client-table.ts'

export type Installed = {
  readonly client: InventoryClient
  readonly version: string | null
  readonly paths: readonly string[]
}

/** The clients that are on PATH or in the folders where they are installed. */
export function installedClients(disk: Disk, machine: Machine): readonly Installed[] {
  const folders = programFolders(disk, machine)
  return CLIENT_TABLE.flatMap((row) => {
    const programs = programsOf(disk, machine, folders, row)
    const applications = (row.applications[machine.platform] ?? [])
      .flatMap((pattern) => filesAt(disk, resolved(pattern, machine)))
      .filter((file) => disk.facts(file) !== null)
    if (programs.length + applications.length === 0) return []
    const versions = [
      ...programs.map((path) => versionOfProgram(disk, path, row)),
      ...applications.map((file) => versionIn(disk, file, null)),
    ]
    return [
      {
        client: row.client,
        version: versions.find((version) => version !== null) ?? null,
        paths: [...programs, ...applications.map(applicationOf)],
      },
    ]
  })
}

function programFolders(disk: Disk, machine: Machine): readonly string[] {
  const known = PROGRAM_FOLDERS[machine.platform].flatMap((pattern) =>
    filesAt(disk, resolved(pattern, machine)),
  )
  return [...new Set([...machine.path, ...known].map((folder) => folder.replace(/\/+$/, '')))]
}

/** Each program once, though several folders may hold links to it. */
function programsOf(
  disk: Disk,
  { platform }: Machine,
  folders: readonly string[],
  { programs }: ClientRow,
): readonly string[] {
  const found = new Map<string, string>()
  for (const folder of folders)
    for (const program of programs)
      for (const ending of ENDINGS[platform]) {
        const path = `${folder}/${program}${ending}`
        if (disk.facts(path) === null) continue
        const real = platform === 'win32' ? `${folder}/${program}` : disk.realPath(path)
        if (!found.has(real)) found.set(real, path)
      }
  return [...found.values()]
}

const applicationOf = (file: string): string =>
  file.replace(/(\.app)\/.*$/, '$1').replace(/\/resources\/app\/.*$/, '')

/** By its own folder (`versions/2.1.329`), its package above it, or the modules beside it. */
function versionOfProgram(disk: Disk, path: string, { packages }: ClientRow): string | null {
  const real = disk.realPath(path)
  const [, own] = /[\\/]versions[\\/](\d[\w.+-]*)(?:[\\/]|$)/.exec(real) ?? []
  if (own !== undefined && own.length <= 64 && packages.length > 0 && !/\/node\//.test(real)) return own
  for (const name of packages) {
    const near = [...foldersAbove(real), ...modulesNear(path, name), ...modulesNear(real, name)]
    for (const folder of near) {
      const version = versionIn(disk, `${folder}/package.json`, name)
      if (version !== null) return version
    }
  }
  return null
}

function foldersAbove(path: string): readonly string[] {
  const above: string[] = []
  for (let folder = folderOf(path); folder !== '' && above.length < 5; folder = folderOf(folder))
    above.push(folder)
  return above
}

const modulesNear = (path: string, name: string): readonly string[] => [
  `${folderOf(path)}/node_modules/${name}`,
  `${folderOf(folderOf(path))}/lib/node_modules/${name}`,
]

/** @param name the package must have it; null: any */
function versionIn(disk: Disk, file: string, name: string | null): string | null {
  const reading = disk.read(file)
  if (reading.state !== 'read' || file.endsWith('.exe')) return null
  if (baseName(file) === 'Info.plist') return versionOfPlist(reading.bytes)
  const { value } = parse('jsonc', reading.bytes)
  if (!isTable(value) || (name !== null && value.get('name') !== name)) return null
  return sane(textIn(value, 'version'))
}

function versionOfPlist(bytes: Uint8Array): string | null {
  const { text } = textOf(bytes)
  const [, version] =
    /<key>CFBundleShortVersionString<\/key>\s*<string>([^<]{1,64})<\/string>/.exec(text) ?? []
  return sane(version ?? null)
}

const sane = (version: string | null): string | null =>
  version !== null && /^v?\d{1,6}(?:\.\d{1,8}){0,4}(?:[-+][a-z]{1,10}[.-]?\d{0,8})?$/i.test(version)
    ? version
    : null
