import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { Configured } from './configured.ts'
import type { ClientRow } from './hook-file.ts'
import type { Places } from './places.ts'
import { joined } from './places.ts'

/** What the doctor does to the machine: it looks for programs, and it starts what clients would start. */
export type Machine = {
  /** the first such program on the path */
  readonly program: (name: string) => Promise<string | null>
  readonly exists: (path: string) => boolean
  /** runs words or a line with a text on stdin, in a folder that holds nothing */
  readonly run: (command: Configured, stdin: string) => Promise<Ended>
  /** who else than root could change this; null: nobody */
  readonly loose: (path: string) => Promise<string | null>
}

/** `exit`: null where it did not end by itself. */
export type Ended = { readonly exit: number | null; readonly stdout: string; readonly stderr: string }

const LIMIT_MS = 10_000
const MOST_CHARACTERS = 1024 * 1024

export const createMachine = (loose: Machine['loose']): Machine => ({
  program: programOf,
  exists: existsSync,
  run,
  loose,
})

/** Whether this client is used here: its program is on the path, or it has left something in the home. */
export async function isUsed(row: ClientRow, places: Places, machine: Machine): Promise<boolean> {
  if (row.traces.some((path) => machine.exists(joined(places, places.home, path)))) return true
  for (const name of row.programs) if ((await machine.program(name)) !== null) return true
  return false
}

/** The shell knows the path; names come from our table. */
async function programOf(name: string): Promise<string | null> {
  const words =
    process.platform === 'win32' ? ['where.exe', name] : ['/bin/sh', '-c', 'command -v "$0"', name]
  const { exit, stdout } = await run({ form: 'words', words }, '')
  const path = stdout.split('\n')[0]?.trim() ?? ''
  return exit === 0 && isAbsolute(path) ? path : null
}

function run(command: Configured, stdin: string): Promise<Ended> {
  const [program = '', ...args] = wordsOf(command)
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      if (said[name].length < MOST_CHARACTERS) said[name] += chunk.toString()
    })
  let late: NodeJS.Timeout | undefined
  return new Promise<Ended>((resolve) => {
    // What it has started may hold its pipes open: nothing more is waited for.
    late = setTimeout(() => {
      child.kill('SIGKILL')
      for (const pipe of [child.stdout, child.stderr]) pipe.destroy()
      resolve({ exit: null, stdout: '', stderr: `no answer in ${LIMIT_MS / 1000} s` })
    }, LIMIT_MS)
    child.once('error', (error) => resolve({ exit: null, stdout: '', stderr: error.message }))
    child.once('close', (exit) => resolve({ exit, ...said }))
    // A program that does not read is no fault of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdin)
  }).finally(() => clearTimeout(late))
}

const wordsOf = (command: Configured): readonly string[] =>
  command.form === 'words' ? command.words : [...SHELLS[command.shell], command.line]

const SHELLS = {
  sh: ['/bin/sh', '-c'],
  cmd: ['cmd.exe', '/d', '/s', '/c'],
  powershell: ['powershell.exe', '-NoProfile', '-Command'],
} as const
