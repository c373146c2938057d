// System calls of a program on the files of one folder: listed, and failed one at a time (strace).
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CALLS = [
  'openat',
  'pwrite64',
  'write',
  'fsync',
  'fdatasync',
  'ftruncate',
  'unlink',
  'rename',
  'close',
  'getdents64',
  'read',
  'pread64',
  'statfs',
]
const LIMIT_MS = 60_000

/** Whether calls can be traced and failed here; why not where they cannot. */
export function whyNoTracing() {
  const { status, error } = spawnSync('strace', [
    '-f',
    '-e',
    'inject=fsync:error=EIO',
    '-o',
    '/dev/null',
    '/bin/true',
  ])
  if (error) return 'there is no strace here'
  return status === 0 ? null : 'strace may not trace here'
}

/**
 * Runs a program and fails one of its calls.
 * @param {{ words: string[], paths: string[], fault?: { call: string, at: number, how: string } }} wanted `at`: the how manieth of this call on
 *   these paths; `how`: as strace says it, such as `error=EIO` or `retval=1`
 * @returns {Promise<{ calls: { call: string, path: string, isInjected: boolean }[] }>} calls on these paths, in their order
 */
export async function traced({ words, paths, fault }) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-trace-'))
  const output = join(folder, 'trace')
  const args = [
    '-f',
    '-y',
    '-o',
    output,
    ...paths.flatMap((path) => ['-P', path]),
    '-e',
    `trace=${CALLS.join(',')}`,
    ...(fault ? ['-e', `inject=${fault.call}:${fault.how}:when=${fault.at}`] : []),
    ...words,
  ]
  try {
    // One thread for all file work: the same calls come in the same order.
    await ended(spawn('strace', args, { stdio: 'ignore', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } }))
    return { calls: readTrace(readFileSync(output, 'utf8')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function ended(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
    child.once('error', reject)
    child.once('close', () => resolve(clearTimeout(timer)))
  })
}

const readTrace = (text) =>
  text
    .split('\n')
    .filter((line) => !line.includes(' resumed>'))
    .flatMap((line) => {
      const [, call, rest] = /^\d+\s+(\w+)\((.*)$/.exec(line) ?? []
      return call === undefined ? [] : [{ call, path: pathIn(rest), isInjected: line.includes('(INJECTED)') }]
    })

/** Of the descriptor, or the first that is quoted. */
const pathIn = (rest) => /^\d+<([^>]+)>/.exec(rest)?.[1] ?? /"([^"]+)"/.exec(rest)?.[1] ?? ''
