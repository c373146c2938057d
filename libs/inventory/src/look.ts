import type { InventoryClient, InventoryProblem, InventoryScope } from '@writ/contracts'
import type { Disk, Machine } from './disk.ts'
import { isLocal } from './disk.ts'
import type { RawHook } from './hooks.ts'
import { hooksIn, pluginHook } from './hooks.ts'
import type { Place } from './places.ts'
import { EDITOR_WORKSPACES, PLACES, resolved, TOKEN_STORES } from './places.ts'
import { parse } from './reading/parse.ts'
import type { Format } from './reading/parse.ts'
import type { Value } from './reading/value.ts'
import { tableAt, textIn, isTable } from './reading/value.ts'
import type { Located } from './servers/locate.ts'
import { serversIn, signedInTo } from './servers/locate.ts'
import { filesAt } from './walk.ts'

/** One configuration that is there; not shown yet, and with its secrets. */
export type Configuration = {
  readonly client: InventoryClient
  readonly scope: InventoryScope
  readonly file: string
  readonly value: Value
  readonly servers: readonly Located[]
  readonly hooks: readonly RawHook[]
}

/** A file of tokens of a client, and to which servers it signed in. */
export type TokenStore = {
  readonly client: InventoryClient
  readonly file: string
  readonly signedIn: readonly string[]
}

export type Looked = {
  readonly configurations: readonly Configuration[]
  readonly stores: readonly TokenStore[]
  readonly workspaces: readonly string[]
  readonly problems: readonly InventoryProblem[]
}

/** Reads whatever there is at the places of the platform, each file once. */
export function lookAround(disk: Disk, machine: Machine): Looked {
  const problems: InventoryProblem[] = []
  const seen = new Set<string>()
  const read = (file: string, format: Format): Value | null => readOnce(disk, file, format, problems)
  const configurationsIn = (places: readonly Place[], project: string | null): readonly Configuration[] =>
    places.flatMap((place) =>
      filesAt(disk, patternOf(place, machine, project)).flatMap((file) => {
        if (seen.has(file)) return []
        seen.add(file)
        const value = read(file, place.format)
        return value === null ? [] : [configurationAt(place, file, value)]
      }),
    )
  const here = PLACES.filter(({ on }) => on === undefined || on.includes(machine.platform))
  const own = configurationsIn(
    here.filter(({ path }) => !path.startsWith('{project}')),
    null,
  )
  const workspaces = workspacesOf(disk, machine, own, read)
  const ofProjects = here.filter(({ path }) => path.startsWith('{project}'))
  const theirs = workspaces.flatMap((project) => configurationsIn(ofProjects, project))
  const plugins = pluginHooks(disk, machine, workspaces)
  return {
    configurations: [...own, ...theirs, ...plugins],
    stores: storesOf(machine, read),
    workspaces,
    problems,
  }
}

const patternOf = ({ path }: Place, machine: Machine, project: string | null): string =>
  project === null ? resolved(path, machine) : path.replace('{project}', project)

/** null: it is not there, or cannot be read at all. */
function readOnce(disk: Disk, file: string, format: Format, problems: InventoryProblem[]): Value | null {
  const reading = disk.read(file)
  if (reading.state === 'absent') return null
  if (reading.state === 'refused') {
    problems.push({ file, problem: reading.why })
    return null
  }
  const { value, problem } = parse(format, reading.bytes)
  if (problem !== null) problems.push({ file, problem })
  return value
}

const configurationAt = (
  { client, scope, servers, hooks }: Place,
  file: string,
  value: Value,
): Configuration => ({
  client,
  scope,
  file,
  value,
  servers: serversIn(value, servers),
  hooks: hooks ? hooksIn(value) : [],
})

const MOST_WORKSPACES = 200

/** What was named, and what clients remember of their work. */
function workspacesOf(
  disk: Disk,
  machine: Machine,
  configurations: readonly Configuration[],
  read: (file: string, format: Format) => Value | null,
): readonly string[] {
  const remembered = configurations
    .filter(({ client, scope }) => scope === 'user' && (client === 'claude-code' || client === 'codex'))
    .flatMap(({ value }) => [...(tableAt(value, 'projects')?.keys() ?? [])])
  const opened = EDITOR_WORKSPACES.flatMap((pattern) => filesAt(disk, resolved(pattern, machine))).flatMap(
    (file) => {
      const value = read(file, 'jsonc')
      return isTable(value) ? [folderIn(textIn(value, 'folder') ?? '')] : []
    },
  )
  const theirs = [...remembered, ...opened].map(normal).filter((path) => isWorkspace(path, machine))
  return [...new Set([...machine.workspaces.map(normal), ...theirs])]
    .filter((path) => disk.facts(path) !== null)
    .slice(0, MOST_WORKSPACES)
}

function folderIn(uri: string): string {
  try {
    return uri.startsWith('file:///')
      ? decodeURIComponent(uri.slice('file://'.length)).replace(/^\/([A-Za-z]:)/, '$1')
      : ''
  } catch {
    return ''
  }
}

const normal = (path: string): string => path.replaceAll('\\', '/').replace(/(?<=.)\/+$/, '')

const isWorkspace = (path: string, { platform }: Machine): boolean =>
  isLocal(path) && (platform === 'win32') === /^[A-Za-z]:/.test(path)

const OPENCODE_PLUGINS: readonly (readonly [InventoryScope, string])[] = [
  ['user', '{home}/.config/opencode/plugin/*'],
  ['user', '{home}/.config/opencode/plugins/*'],
  ['managed', '{system}/opencode/plugin/*'],
  ['managed', '{system}/opencode/plugins/*'],
  ['project', '{project}/.opencode/plugin/*'],
]

function pluginHooks(disk: Disk, machine: Machine, workspaces: readonly string[]): readonly Configuration[] {
  const patterns = OPENCODE_PLUGINS.flatMap(([scope, path]) => {
    const roots =
      scope === 'project'
        ? workspaces.map((project) => path.replace('{project}', project))
        : [resolved(path, machine)]
    return roots.map((pattern) => ({ scope, pattern }))
  })
  return patterns.flatMap(({ scope, pattern }) =>
    filesAt(disk, pattern)
      .filter((file) => /\.[cm]?[jt]s$/.test(file))
      .map((file) => ({
        client: 'opencode' as const,
        scope,
        file,
        value: null,
        servers: [],
        hooks: [pluginHook(file)],
      })),
  )
}

function storesOf(
  machine: Machine,
  read: (file: string, format: Format) => Value | null,
): readonly TokenStore[] {
  return TOKEN_STORES.flatMap(({ client, path }) => {
    const file = resolved(path, machine)
    const value = read(file, 'jsonc')
    return value === null ? [] : [{ client, file, signedIn: signedInTo(value) }]
  })
}
