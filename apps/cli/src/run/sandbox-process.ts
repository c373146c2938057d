import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { Duplex } from 'node:stream'
import type { Readable } from 'node:stream'
import type { Confinement, Mount } from '@writ/sandbox'
import { bubblewrapArguments } from '@writ/sandbox'

export type SandboxProcess = {
  readonly bubblewrap: string
  readonly confinement: Omit<Confinement, 'descriptors' | 'command'>
  /** of the seccomp filters: the bridge puts on both; the one in JavaScript, null, is put under the wall and tells nothing */
  readonly filters: { readonly wall: string; readonly watch: string | null }
  /** hears what the bridge tells, where it can */
  readonly hear: (lines: Readable) => void
  /** words that start the bridge, the descriptor of its control left out, and the command after them */
  readonly bridge: readonly string[]
  readonly command: readonly string[]
  readonly hasTerminal: boolean
  /** called when the command begins */
  readonly begun: () => void
  /** ends everything inside */
  readonly ending: AbortSignal
}

/** What a place was when the sandbox was planned: a link that was put there since leads elsewhere. */
type Identity = { readonly at: string; readonly device: number; readonly node: number }

// descriptors of the child: after the three of the terminal
const OPTIONS = 3
const FILTER = 4
const STATE = 5
const CONTROL = 6
const SEEN = 7
const WATCH = 8
const FIRST_COPY = 9

/** `isWatched`: what the kernel refused was told of. `exitCode`: 128 + number of the signal that ended it. */
export type SandboxEnd = { readonly exitCode: number; readonly isWatched: boolean }

/** Runs the command to its end. */
export async function runSandbox(wanted: SandboxProcess): Promise<SandboxEnd> {
  const { mounts } = wanted.confinement
  const copies = mounts
    .filter(({ kind }) => kind === 'copy')
    .flatMap((mount) => ('source' in mount ? [mount.source] : []))
  const expected = identitiesOf(mounts)
  const { wall, watch } = wanted.filters
  const files = [wall, watch ?? wall, ...copies].map((file) => openSync(file, 'r'))
  const [options, rest] = argumentsOf(wanted, copies.length)
  const [held = 'ignore', watched = 'ignore', ...copied] = files
  const child = spawn(wanted.bubblewrap, ['--args', String(OPTIONS), ...rest], {
    // what process 1 has in its environment everyone inside can read
    env: {},
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'pipe', held, 'pipe', 'pipe', 'pipe', watched, ...copied],
  })
  for (const file of files) closeSync(file)
  const ended = endOf(child)
  give(duplexAt(child, OPTIONS), options)
  const control = duplexAt(child, CONTROL)
  control.on('error', () => undefined)
  const pid = await Promise.race([processOf(duplexAt(child, STATE)), ended.then(() => null)])
  const word = await Promise.race([wordFrom(control), ended.then(() => '')])
  wanted.hear(duplexAt(child, SEEN))
  if (/^r$/i.test(word) && pid !== null && begin({ pid, control, expected })) wanted.begun()
  wanted.ending.addEventListener('abort', () => control.destroy())
  const release = passSignals(control, wanted.hasTerminal)
  try {
    return { exitCode: await ended, isWatched: word === 'R' && watch !== null }
  } finally {
    release()
    control.destroy()
  }
}

function argumentsOf(wanted: SandboxProcess, copies: number): readonly [string, readonly string[]] {
  const descriptors = {
    seccomp: wanted.filters.watch === null ? FILTER : null,
    state: STATE,
    copies: Array.from({ length: copies }, (_, at) => FIRST_COPY + at),
  }
  const [program = '', ...words] = wanted.bridge
  const terminal = wanted.hasTerminal ? ['--tty'] : []
  const filters = ['--wall', String(FILTER), '--watch', String(WATCH), '--seen', String(SEEN)]
  const own = wanted.filters.watch === null ? [] : filters
  const command = [
    program,
    ...words,
    '--control',
    String(CONTROL),
    ...own,
    ...terminal,
    '--',
    ...wanted.command,
  ]
  const all = bubblewrapArguments({ ...wanted.confinement, descriptors, command })
  const split = all.indexOf('--', all.lastIndexOf('--chdir'))
  return [
    all
      .slice(0, split)
      .map((word) => `${word}\0`)
      .join(''),
    all.slice(split),
  ]
}

// Node types the first five; those that are pipes are sockets, both ways.
function duplexAt(child: ChildProcess, descriptor: number): Duplex {
  const streams: readonly unknown[] = [...child.stdio]
  const found = streams[descriptor]
  if (!(found instanceof Duplex)) throw new Error(`descriptor ${descriptor} is no pipe`)
  return found
}

function give(options: Duplex, text: string): void {
  options.on('error', () => undefined)
  options.end(text)
}

function begin({
  pid,
  control,
  expected,
}: {
  pid: number
  control: Duplex
  expected: readonly Identity[]
}): boolean {
  const changed = expected.find((identity) => !isSame(pid, identity))
  if (changed === undefined) return control.write('G') || true
  process.stderr.write(`writ: ${changed.at} was replaced while the sandbox was made; nothing was started\n`)
  control.destroy()
  return false
}

const identitiesOf = (mounts: readonly Mount[]): readonly Identity[] =>
  mounts.flatMap((mount) => {
    if (mount.kind !== 'read' && mount.kind !== 'write') return []
    const found = statSync(mount.source, { throwIfNoEntry: false })
    return found === undefined ? [] : [{ at: mount.at, device: found.dev, node: found.ino }]
  })

// What is not there any more was covered by a later mount.
function isSame(pid: number, { at, device, node }: Identity): boolean {
  const found = statSync(`/proc/${pid}/root${at}`, { throwIfNoEntry: false })
  return found === undefined || (found.dev === device && found.ino === node)
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
  })
}

/** The first process of the sandbox, by its number outside. */
function processOf(state: Duplex): Promise<number | null> {
  return new Promise((resolve) => {
    let text = ''
    state.on('data', (bytes: Buffer) => {
      text += bytes.toString('utf8')
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1]
      if (pid !== undefined) resolve(Number(pid))
    })
    state.on('error', () => resolve(null))
    state.on('end', () => resolve(null))
  })
}

function wordFrom(control: Duplex): Promise<string> {
  return new Promise((resolve) => {
    control.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1')))
    control.once('end', () => resolve(''))
  })
}

const PASSED = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGTSTP',
  'SIGWINCH',
] as const

/** @returns ends it, and gives the terminal back */
function passSignals(control: Duplex, hasTerminal: boolean): () => void {
  const handlers = PASSED.map((signal) => {
    const pass = () => void control.write(Buffer.from([constants.signals[signal]]))
    process.on(signal, pass)
    return () => process.off(signal, pass)
  })
  // What is typed goes through as it is: the terminal inside makes signals and lines of it.
  if (hasTerminal) process.stdin.setRawMode(true)
  return () => {
    for (const off of handlers) off()
    if (hasTerminal) process.stdin.setRawMode(false)
  }
}
