import { dirname, join, relative } from 'node:path'
import type { ClientProfile } from '../profiles.ts'
import { TOOL_HOMES } from '../profiles.ts'
import type { LocalFiles } from './local-files.ts'
import type { Mount, SandboxFault } from './mounts.ts'
import { empty, isFault, read, write } from './mounts.ts'
import { systemMounts } from './system-mounts.ts'
import type { Placeholder, WorkspaceAsk } from './workspace-mounts.ts'
import { isWithin, workspaceView } from './workspace-mounts.ts'

export type SandboxAsk = {
  readonly profile: ClientProfile
  /** real path */
  readonly home: string
  /** where writ keeps keys and records: never inside, and no workspace touches it */
  readonly ownHome: string
  /** real paths; the first is where the command starts, if `directory` is not given */
  readonly workspaces: readonly string[]
  /** real paths that are added, read-only or writable */
  readonly readable: readonly string[]
  readonly writable: readonly string[]
  /** programs that must be there: the command, and what the run itself brings */
  readonly programs: readonly string[]
  /** files of this run: what is bound where */
  readonly own: readonly Mount[]
  readonly covers: WorkspaceAsk['covers']
}

export type SandboxPlan = {
  readonly mounts: readonly Mount[]
  readonly placeholders: readonly Placeholder[]
  readonly hidden: readonly string[]
  /** where writing is allowed at all, for Landlock */
  readonly writable: readonly string[]
}

/** The whole view of one sandbox. Pure but for what it asks of `files`. */
export function planSandbox(ask: SandboxAsk, files: LocalFiles): SandboxPlan | SandboxFault {
  const misplaced = ask.workspaces.map((path) => workspaceFault(path, ask)).find((fault) => fault !== null)
  if (misplaced) return misplaced
  const open = [...ask.readable, ...ask.writable]
  const views = ask.workspaces.map((path) => workspaceView({ path, open, covers: ask.covers }, files))
  const fault = views.find(isFault)
  if (fault) return fault
  const known = views.flatMap((view) => (isFault(view) ? [] : [view]))
  const below = [
    ...systemMounts(files, { own: ask.own.map(({ at }) => at), covers: ask.covers }),
    ...homeMounts(ask, files),
  ]
  const added = [...ask.readable.map((path) => read(path)), ...ask.writable.map((path) => write(path))]
  const mounts = [...below, ...known.flatMap((view) => view.mounts), ...added]
  return {
    mounts: [...mounts, ...programMounts(ask, mounts, files), ...ask.own],
    placeholders: known.flatMap((view) => view.placeholders),
    hidden: known.flatMap((view) => view.hidden),
    writable: [...PRIVATE, ask.home, ...ask.workspaces, ...ask.writable],
  }
}

const PRIVATE = ['/tmp', '/var/tmp', '/run', '/dev', '/proc']

/** Never the home or what is above it, never the machine's own places, never where writ or keys live. */
function workspaceFault(path: string, { home, ownHome }: SandboxAsk): SandboxFault | null {
  const keys = KEY_HOMES.map((name) => join(home, name))
  const isTaken =
    isWithin(home, path) ||
    isWithin(ownHome, path) ||
    [...SYSTEM, ownHome, ...keys].some((place) => isWithin(path, place)) ||
    ['/', '/tmp', '/var', '/home', '/mnt', '/media', '/srv'].includes(path)
  if (!isTaken) return null
  return {
    fault: `${path} cannot be a workspace: an agent that may write there could change what runs outside of it`,
    remedy: 'Start in the folder of one project, or name it with --workspace.',
  }
}

const SYSTEM = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/etc',
  '/boot',
  '/dev',
  '/proc',
  '/sys',
  '/run',
  '/opt',
]
const KEY_HOMES = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.config',
  '.kube',
  '.docker',
  '.claude',
  '.codex',
  '.gemini',
  '.copilot',
  '.cursor',
  '.local',
  '.mozilla',
  '.password-store',
  '.npm',
  '.cargo',
  '.cache',
  '.writ',
]

// An empty home, and in it what the client needs of the real one.
function homeMounts({ home, profile }: SandboxAsk, files: LocalFiles): readonly Mount[] {
  const tools = TOOL_HOMES.map((path) => ({ path, as: 'read' }) as const)
  const bound = [...tools, ...profile.home].flatMap(({ path, as }): readonly Mount[] => {
    const at = join(home, path)
    const source = files.realPath(at)
    // a link out of the home is followed only by its owner, not by us
    if (source === null || !isWithin(source, home)) return []
    if (as === 'copy') return files.kindOf(source) === 'file' ? [{ kind: 'copy', source, at }] : []
    return [{ kind: as, source, at }]
  })
  return [...['/root', '/home'].map(empty), empty(home), ...bound]
}

// A program may be anywhere: the directory it was found in, and the package or directory that it really is in.
function programMounts(ask: SandboxAsk, mounts: readonly Mount[], files: LocalFiles): readonly Mount[] {
  const seen = (path: string): boolean =>
    mounts.some((mount) => (mount.kind === 'read' || mount.kind === 'write') && isWithin(path, mount.at))
  const wanted = ask.programs.flatMap((program) => {
    const real = files.realPath(program)
    return real === null ? [] : [dirname(program), packageOf(real)]
  })
  const places = [...new Set(wanted)].filter((path) => !seen(path) && !isWithin(ask.home, path))
  return places.flatMap((path) => {
    const source = files.realPath(path)
    return source === null || isWithin(ask.ownHome, source) ? [] : [read(source, path)]
  })
}

// All that was installed with it: dependencies lie beside a package as often as in it.
function packageOf(program: string): string {
  const steps = relative('/', program).split('/')
  const modules = steps.indexOf('node_modules')
  return modules < 0 ? dirname(program) : `/${steps.slice(0, modules + 1).join('/')}`
}
