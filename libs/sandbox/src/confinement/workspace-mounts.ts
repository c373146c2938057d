import { dirname, join, relative, sep } from 'node:path'
import type { LocalFiles } from './local-files.ts'
import type { Mount, SandboxFault } from './mounts.ts'
import { read, write } from './mounts.ts'
import { isSecretName, PROTECTED } from './protected.ts'
import type { Protected } from './protected.ts'

/** Something that must be made in the workspace before the sandbox starts, so that there is a place to hold; it is removed afterwards. */
export type Placeholder = {
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly text: string
}

export type WorkspaceView = {
  readonly mounts: readonly Mount[]
  readonly placeholders: readonly Placeholder[]
  /** secrets that are covered */
  readonly hidden: readonly string[]
}

export type WorkspaceAsk = {
  /** its real path */
  readonly path: string
  /** real paths inside that stay writable, or readable, although they are protected or secret */
  readonly open: readonly string[]
  /** what a secret is covered with: an empty file, and an empty directory */
  readonly covers: { readonly file: string; readonly directory: string }
}

/**
 * The workspace, writable, with what is protected held in place. A directory above something protected is mounted on itself: a mount point
 * cannot be renamed away, and what is below it with it.
 */
export function workspaceView(ask: WorkspaceAsk, files: LocalFiles): WorkspaceView | SandboxFault {
  const view: Building = {
    mounts: [write(ask.path)],
    placeholders: [],
    hidden: [],
    pinned: new Set([ask.path]),
  }
  for (const entry of PROTECTED) {
    const fault = hold(entry, ask, files, view)
    if (fault !== null) return fault
  }
  hideSecrets(ask, files, view)
  return view
}

type Building = {
  readonly mounts: Mount[]
  readonly placeholders: Placeholder[]
  readonly hidden: string[]
  readonly pinned: Set<string>
}

function hold(entry: Protected, ask: WorkspaceAsk, files: LocalFiles, view: Building): SandboxFault | null {
  const path = join(ask.path, entry.path)
  if (ask.open.some((open) => isWithin(path, open))) return null
  if (entry.within !== undefined) {
    const home = files.kindOf(join(ask.path, entry.within))
    if (home === 'absent') return null
    // the `.git` of a worktree or submodule is a file that says where the repository is
    if (home === 'file') return pin(join(ask.path, entry.within), view)
  }
  for (const above of parentsBetween(ask.path, path)) {
    const fault = holdParent(above, files, view)
    if (fault !== null) return fault
  }
  return holdItself(path, entry, files, view)
}

function pin(path: string, view: Building): null {
  if (!view.pinned.has(path)) view.mounts.push(read(path))
  view.pinned.add(path)
  return null
}

function holdParent(path: string, files: LocalFiles, view: Building): SandboxFault | null {
  if (view.pinned.has(path)) return null
  const kind = files.kindOf(path)
  if (kind === 'link') return linked(path)
  if (kind === 'absent') view.placeholders.push({ path, kind: 'directory', text: '' })
  else if (kind !== 'directory') return misplaced(path)
  view.mounts.push(write(path))
  view.pinned.add(path)
  return null
}

function holdItself(path: string, entry: Protected, files: LocalFiles, view: Building): SandboxFault | null {
  const kind = files.kindOf(path)
  if (kind === 'link') return linked(path)
  if (kind === 'other') return misplaced(path)
  if (kind === 'absent') view.placeholders.push({ path, kind: entry.kind, text: entry.text ?? '' })
  view.mounts.push(read(path))
  return null
}

const linked = (path: string): SandboxFault => ({
  fault: `${path} is a symbolic link: the sandbox cannot hold it in place`,
  remedy: `Replace it by what it points to, or leave it open with --allow-write ${path}.`,
})
const misplaced = (path: string): SandboxFault => ({
  fault: `${path} is neither a file nor a directory`,
  remedy: `Move it away, or leave it open with --allow-write ${path}.`,
})

// At the top of a workspace; deeper down they are the hooks' to see.
function hideSecrets({ path, open, covers }: WorkspaceAsk, files: LocalFiles, view: Building): void {
  for (const name of files.namesIn(path).filter(isSecretName)) {
    const secret = join(path, name)
    // What a link leads to is covered; what is outside of the workspace is not there.
    const place = files.kindOf(secret) === 'link' ? files.realPath(secret) : secret
    if (place === null || !isWithin(place, path)) continue
    if (open.includes(secret) || open.includes(place)) continue
    const kind = files.kindOf(place)
    if (kind !== 'file' && kind !== 'directory') continue
    view.mounts.push(read(covers[kind], place))
    view.hidden.push(secret)
  }
}

const parentsBetween = (above: string, path: string): readonly string[] => {
  const steps = relative(above, dirname(path)).split(sep).filter(Boolean)
  return steps.map((_, at) => join(above, ...steps.slice(0, at + 1)))
}

export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
