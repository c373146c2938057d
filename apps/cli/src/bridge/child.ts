import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { isRefusal } from '@writ/contracts'
import type { Environment } from '@writ/runtime'
import { linesOf } from '../proxy/lines.ts'

/** How a stdio server is started. */
export type Program = {
  readonly command: readonly string[]
  readonly env: Environment
  /** longest line that is taken from it, bytes */
  readonly lineBytes: number
  /** its stderr, line by line */
  readonly note: (line: string) => void
}

/** A stdio server that runs. */
export type Child = {
  /** Waits while the server does not read. False once it has ended. */
  readonly write: (message: string | Uint8Array) => Promise<boolean>
  /** Closes its stdin, then asks it to end, then ends it: the ways of the protocol, in this order. */
  readonly end: () => Promise<void>
  /** why it ended, in words for whoever waits for its answers; settles when it has */
  readonly ended: Promise<string>
}

/** Why a server ended that the bridge ended itself. */
export const ENDED_BY_US = 'the server was ended'

const GRACE_MS = 2_000
const LONGEST_NOTE = 2_000
const NOTE_BYTES = 64 * 1024

/**
 * Starts one. It leads a group of processes of its own, so that what it starts ends with it.
 * @param hear every line that it writes, as it stands; never after the child has ended
 */
export function startChild(program: Program, hear: (line: string) => void): Child {
  const [command = '', ...args] = program.command
  const running = spawn(command, args, {
    env: visibleTo(program.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  })
  // A pipe that breaks is told by the end of the process.
  running.stdin.on('error', () => undefined)
  const state = { reason: null as string | null }
  const ended = endOf(running, state)
  void noteLines(running, program.note)
  void hearLines(running, program, (line) => {
    if (line === null) {
      state.reason ??= `the server wrote a line of more than ${program.lineBytes} bytes, or one that cannot be read`
      kill(running, 'SIGKILL')
    } else hear(line)
  })
  return {
    write: async (message) => {
      if (running.exitCode !== null || running.signalCode !== null || !running.stdin.writable) return false
      if (!running.stdin.write(`${onOneLine(message)}\n`))
        await Promise.race([once(running.stdin, 'drain').catch(() => undefined), ended])
      return true
    },
    end: async () => {
      state.reason ??= ENDED_BY_US
      running.stdin.end()
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        if ((await Promise.race([ended, pause(GRACE_MS, null, { ref: false })])) !== null) break
        kill(running, signal)
      }
      // What it started may have outlived it.
      kill(running, 'SIGKILL')
      await ended
    },
    ended,
  }
}

/** The bridge's own settings are no business of the server. */
const visibleTo = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('WRIT_')))

/** Outside of strings, which hold no raw line ends, a line end is white space. */
const onOneLine = (message: string | Uint8Array): string =>
  Buffer.from(message)
    .toString()
    .replaceAll(/[\r\n]+/g, ' ')

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // it is gone already
  }
}

function endOf(running: ChildProcess, state: { reason: string | null }): Promise<string> {
  return new Promise((resolve) => {
    // What it started does not outlive it, however it ended.
    running.once('exit', () => kill(running, 'SIGKILL'))
    running.once('error', () => resolve(state.reason ?? 'the server cannot be started'))
    // `close`: its last words have been read
    running.once('close', (code, signal) =>
      resolve(state.reason ?? `the server ended (${signal ?? `exit code ${code}`})`),
    )
  })
}

/** Null: a line was too long, or could not be taken apart. */
async function hearLines(
  { stdout }: ChildProcess,
  { lineBytes }: Program,
  hear: (line: string | null) => void,
): Promise<void> {
  if (stdout === null) return
  try {
    for await (const line of linesOf(within(stdout, lineBytes), lineBytes)) {
      if (isRefusal(line)) return hear(null)
      if (line.length > 0) hear(Buffer.from(line).toString())
    }
  } catch {
    hear(null)
  }
}

/** As far as no line is longer; one that is ends it there, whether or not its end ever comes. */
async function* within(source: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0
  for await (const chunk of source) {
    const end = chunk.lastIndexOf(LF)
    sizeBytes = end === -1 ? sizeBytes + chunk.length : chunk.length - end - 1
    yield chunk
    if (sizeBytes > mostBytes) return
  }
}

const LF = 0x0a

async function noteLines({ stderr }: ChildProcess, note: (line: string) => void): Promise<void> {
  if (stderr === null) return
  try {
    for await (const line of linesOf(stderr, NOTE_BYTES))
      if (!isRefusal(line) && line.length > 0) note(Buffer.from(line).toString().slice(0, LONGEST_NOTE))
  } catch {
    // the pipe broke with the process
  }
}
