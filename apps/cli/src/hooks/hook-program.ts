import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.ts'
import type { HookProgram, Tier } from './hook-file.ts'
import type { Places } from './places.ts'
import { joined, managedFolder } from './places.ts'

/** The hook client: where it is copied from and to, and how it is started from there. */
export type HookSource = { readonly from: string; readonly to: string; readonly hook: HookProgram }

/**
 * A program where there is one; else the same thing in JavaScript, which costs a start of Node with every action.
 * @throws Failure where there is neither
 */
export function hookSourceOf(
  places: Places,
  tier: Tier,
  { hook: given, socket }: { readonly hook?: string | undefined; readonly socket?: string | undefined },
): HookSource {
  const program = given ?? BUILT
  if (!existsSync(program))
    throw new Failure(
      given === undefined ? 'there is no hook client on this machine' : `${given} is not there`,
      'Name it with --hook.',
    )
  const from = scriptBehind(program)
  const isScript = /\.[cm]?js$/.test(from)
  const folder = tier === 'enforce' ? managedFolder(places) : joined(places, places.writHome, 'bin')
  const to = joined(places, folder, isScript ? 'writ-hook.mjs' : nativeName(places, from))
  const started = isScript ? ([process.execPath, to] as const) : ([to] as const)
  const options = [
    // A hook that only observes lets pass what nobody answers: work goes on without a daemon.
    ...(tier === 'observe' ? ['--observe'] : []),
    ...(socket === undefined ? [] : ['--socket', socket]),
  ]
  return { from, to, hook: [...started, ...options] }
}

const nativeName = ({ platform }: Places, from: string): string =>
  platform === 'win32' || basename(from).endsWith('.exe') ? 'writ-hook.exe' : 'writ-hook'

/** Where there is no compiler the program only starts a script that lies beside it; what is installed must not lead back there. */
const scriptBehind = (program: string): string => (existsSync(`${program}.mjs`) ? `${program}.mjs` : program)

/** Beside this program, wherever it was put. */
const BUILT = fileURLToPath(new URL('../../../../.writ/bin/writ-hook', import.meta.url))
