// Our own services as child processes: told by environment, heard over IPC, stopped in order.
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'

/**
 * Starts a Node program of ours and waits until it announces that it serves.
 * @param {{ name: string, entry: string, env: Record<string, string | undefined>, cwd: string, logFile: string, stdout?: 'inherit', hasSourceMaps?: boolean, onSpawn?: (pid: number) => void, limitMs?: number }} service
 *   `env` is all that the service gets beside the language and certificate settings of this process; its output goes to `logFile`,
 *   but for stdout when that is inherited
 * @returns {Promise<{ name: string, pid: number, ready: Record<string, unknown>, heard: (key: string) => Promise<Record<string, unknown>>, exited: Promise<number>, tail: () => string, stop: (limitMs?: number) => Promise<void>, kill: () => void }>}
 * @throws with its last lines when it ends before it is ready
 */
export async function startService({ limitMs = 60_000, ...service }) {
  const child = spawnService(service)
  const ready = await Promise.race([child.heard('ready'), child.exited, expiry(limitMs)])
  if (typeof ready === 'object') return { ...child, ready }
  await child.stop()
  const why =
    ready === 'late'
      ? `was not ready within ${limitMs / 1000} s (load ${loadavg()[0].toFixed(1)} on ${availableParallelism()} cores)`
      : `ended with ${ready} before it was ready`
  throw new Error(`${service.name} ${why}${quote(child.tail())}`)
}

/**
 * Runs a Node program of ours to its end.
 * @throws with its last lines when it fails
 */
export async function runStep(service) {
  const child = spawnService(service)
  const code = await child.exited
  if (code !== 0) throw new Error(`${service.name} ended with ${code}${quote(child.tail())}`)
}

function spawnService({ name, entry, env, cwd, logFile, stdout, hasSourceMaps = true, onSpawn = () => {} }) {
  const log = openSync(logFile, 'a', 0o600)
  const from = fstatSync(log).size
  const maps = hasSourceMaps ? ['--enable-source-maps'] : []
  const child = spawn(process.execPath, [...maps, '--import', GUARD, entry], {
    cwd,
    env: { ...ambient(process.env), ...env },
    // The log is the file itself, not a pipe through us: the last words survive us.
    stdio: ['ignore', stdout ?? log, log, 'ipc'],
    // A group of its own: Ctrl-C reaches only us, and we stop services in order.
    detached: true,
  })
  closeSync(log)
  if (child.pid !== undefined) onSpawn(child.pid)
  const exited = new Promise((resolve) => {
    child.once('error', () => resolve(127))
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
  return {
    name,
    pid: child.pid,
    heard: listenTo(child),
    exited,
    tail: () => readTail(logFile, from),
    stop: (limitMs = 10_000) => stop(child, exited, limitMs),
    kill: () => void child.kill('SIGKILL'),
  }
}

const GUARD = new URL('./exit-with-parent.mjs', import.meta.url).href

// What a program needs to run at all. Settings and secrets come from the caller only: a gateway must not see the database's address
// because it stood in somebody's shell.
function ambient(env) {
  const names = [
    'PATH',
    'HOME',
    'TMPDIR',
    'LANG',
    'LC_ALL',
    'TZ',
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
  ]
  return Object.fromEntries(
    [...names, 'NO_COLOR', 'FORCE_COLOR', 'WRIT_LOG_LEVEL'].map((name) => [name, env[name]]),
  )
}

// Messages are kept, so that one which comes together with an earlier one is not lost.
function listenTo(child) {
  const messages = []
  const waiting = []
  child.on('message', (message) => {
    messages.push(message)
    for (const look of waiting) look(message)
  })
  return (key) =>
    new Promise((resolve) => {
      const look = (message) => {
        if (message?.[key] === true) resolve(message)
      }
      waiting.push(look)
      messages.forEach(look)
    })
}

function expiry(limitMs) {
  return new Promise((resolve) => {
    setTimeout(() => resolve('late'), limitMs).unref()
  })
}

async function stop(child, exited, limitMs) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), limitMs)
  await exited
  clearTimeout(force)
}

const TAIL_BYTES = 4_000

function readTail(logFile, from) {
  const log = openSync(logFile, 'r')
  try {
    const size = fstatSync(log).size
    const start = Math.max(from, size - TAIL_BYTES)
    const bytes = Buffer.alloc(Math.max(0, size - start))
    readSync(log, bytes, 0, bytes.length, start)
    return bytes.toString('utf8').trim()
  } finally {
    closeSync(log)
  }
}

function quote(words) {
  if (words === '') return ', without a word'
  return `; its last lines:\n${words
    .split('\n')
    .slice(-15)
    .map((line) => `    ${line}`)
    .join('\n')}`
}

/** Where the compiled program of an app lies. */
export function entryOf(app, program = 'main') {
  return fileURLToPath(new URL(`../../apps/${app}/dist/${program}.js`, import.meta.url))
}
