import { join } from 'node:path'
import type { Mount, SandboxPlan } from '@writ/sandbox'
import { CLIENT_PROFILES, isFault, localFiles, planSandbox, read } from '@writ/sandbox'
import type { Environment } from '@writ/runtime'
import { Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import type { BridgeProgram } from './bridge-program.ts'
import type { Egress } from './egress.ts'
import { hookProgramOf } from './hook-program.ts'
import type { LateEnforcement } from './late-enforcement.ts'
import type { RunOptions } from './options.ts'
import { profileOf, realPaths } from './options.ts'
import { placedByOthers } from './placeholders.ts'
import { programOn } from './program-on.ts'
import type { RunFolder } from './run-files.ts'
import { certificateFiles, hookFiles, hookMounts, INSIDE } from './run-files.ts'

/** What one run is made of, before anything is started. */
export type Run = {
  readonly writHome: string
  readonly env: Environment
  readonly options: RunOptions
  readonly terminal: Terminal
  readonly command: readonly string[]
  /** real path */
  readonly home: string
  readonly workspaces: readonly string[]
}

/** What a run has open when its plan is made. */
export type RunParts = {
  readonly folder: RunFolder
  readonly enforcement: LateEnforcement
  readonly egress: Egress
  readonly bridge: BridgeProgram
}

/** Everything that the command will see, and what must be put on disk for it. @throws Failure where that cannot be confined */
export function planOf(wanted: Run, { folder, enforcement, egress, bridge }: RunParts): SandboxPlan {
  const { command, env, home, options, workspaces, writHome } = wanted
  const program = programOn(command[0] ?? '', env)
  const hook = hookMounts(hookProgramOf())
  const own: readonly Mount[] = [
    ...hookFiles(folder, hook.hook, home),
    ...hook.mounts,
    ...(egress.authority === null ? [] : certificateFiles(folder, egress.authority.certificate)),
    read(enforcement.hookSocket, INSIDE.hookSocket),
    read(join(folder.path, 'egress.sock'), INSIDE.egressSocket),
    read(bridge.source, INSIDE.bridge),
    read(folder.write('ignored', ''), INSIDE.ignored),
    ...['/run', '/etc'].map((at): Mount => ({ kind: 'sealed', at })),
  ]
  const plan = planSandbox(
    {
      profile: CLIENT_PROFILES[profileOf(options, command[0] ?? '')],
      home,
      ownHome: writHome,
      workspaces,
      readable: realPaths(options.read, home),
      writable: realPaths(options.allowWrite, home),
      programs: [program, process.execPath],
      own,
      covers: folder.covers,
    },
    localFiles,
  )
  if (isFault(plan)) throw new Failure(plan.fault, plan.remedy)
  const whole = withOthers(plan, wanted)
  folder.write('ignored', ignoredNames(whole, workspaces))
  return whole
}

// What another run put there to hold is held for this one too, and stays until both have ended.
function withOthers(plan: SandboxPlan, wanted: Run): SandboxPlan {
  const held = plan.mounts.flatMap((mount) => ('source' in mount && mount.kind !== 'copy' ? [mount.at] : []))
  const theirs = placedByOthers(placeholderFolder(wanted)).filter(({ path }) => held.includes(path))
  const known = new Set(plan.placeholders.map(({ path }) => path))
  return { ...plan, placeholders: [...plan.placeholders, ...theirs.filter(({ path }) => !known.has(path))] }
}

export const placeholderFolder = ({ writHome }: Run): string => join(writHome, 'sandbox', 'placeholders')

// Files that only hold a place are nothing to commit.
const ignoredNames = ({ placeholders }: SandboxPlan, workspaces: readonly string[]): string =>
  placeholders
    .filter(({ kind }) => kind === 'file')
    .flatMap(({ path }) =>
      workspaces.filter((home) => path.startsWith(`${home}/`)).map((home) => path.slice(home.length)),
    )
    .map((path) => `${path}\n`)
    .join('')
