// Child processes that cannot outlive us: each runs under a small shell that holds a pipe from us.
// When we end, even by kill -9, the pipe closes and the shell stops what it started.
import { spawn } from 'node:child_process'

/**
 * Starts a program under a watchdog shell, in a process group of its own, so that Ctrl-C reaches only us and we stop things in order.
 * @param {string} command
 * @param {string[]} args
 * @param {{ identity?: { uid: number, gid: number }, env?: NodeJS.ProcessEnv, cwd?: string, stopSignal?: 'TERM' | 'INT' | 'KILL' }} [settings]
 * @returns {{ pid: number, exited: Promise<number>, tail: () => string, onOutput: (listener: (text: string) => void) => void, stop: (limitMs?: number) => Promise<void> }}
 */
export function spawnWatched(
  command,
  args,
  { identity, env = process.env, cwd = '/', stopSignal = 'TERM' } = {},
) {
  const child = spawn('/bin/sh', ['-c', WATCHDOG, stopSignal, command, ...args], {
    ...identity,
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  let output = ''
  const listeners = []
  const collect = (text) => {
    output = (output + text).slice(-TAIL_CHARACTERS)
    for (const listener of listeners) listener(output)
  }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', collect)
  child.stdio[3].on('error', () => {})
  // 'close' and not 'exit': the last words have arrived by then.
  const exited = new Promise((resolve) => {
    child.once('error', (error) => {
      collect(error.message)
      resolve(127)
    })
    child.once('close', (code) => resolve(code ?? 1))
  })
  return {
    pid: child.pid,
    exited,
    tail: () => output.trim(),
    onOutput: (listener) => listeners.push(listener),
    stop: (limitMs = 10_000) => stopGroup(child, exited, limitMs),
  }
}

/**
 * Runs a program to its end under a watchdog. When we end first, it is killed at once: half-done work is thrown away and done again.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, limitMs?: number, identity?: { uid: number, gid: number } }} [settings]
 * @returns {Promise<{ code: number, output: string, isLate: boolean }>} the exit code and the last 16,000 characters of both streams
 */
export async function runWatched(command, args, { limitMs, ...settings } = {}) {
  const child = spawnWatched(command, args, { ...settings, stopSignal: 'KILL' })
  let isLate = false
  const timer = limitMs === undefined ? undefined : setTimeout(expire, limitMs)
  function expire() {
    isLate = true
    void child.stop(2_000)
  }
  const code = await child.exited
  clearTimeout(timer)
  return { code, output: child.tail(), isLate }
}

const TAIL_CHARACTERS = 16_000

// $0 is the signal that stops the whole group: the program, what it started, and the shell itself, which ignores it from then on.
// `wait` runs in a loop because a trapped signal interrupts it.
const WATCHDOG = `
halt() { trap '' TERM INT HUP; kill -$0 0; }
trap halt TERM INT HUP
"$@" </dev/null 3<&- &
program=$!
{ read -r nothing; halt; } <&3 >/dev/null 2>&1 &
reader=$!
wait $program
code=$?
while kill -0 $program 2>/dev/null; do wait $program; code=$?; done
kill $reader 2>/dev/null
exit $code
`

async function stopGroup(child, exited, limitMs) {
  if (child.pid === undefined) return
  child.stdio[3].destroy()
  const force = setTimeout(() => killGroup(child.pid), limitMs)
  await exited
  clearTimeout(force)
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}
