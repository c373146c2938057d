// System calls of a program on the files of one folder, listed and failed one at a time without strace: by a library of ours that is loaded first.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('failing-calls.c', import.meta.url))
const COMPILERS = [process.env.CC, 'cc', 'gcc', 'clang'].filter(Boolean)
/** numbers of errors, as Linux has them; -1: taken is nothing, and no error */
const ERRORS = { 'error=EIO': 5, 'error=ENOSPC': 28, 'retval=0': -1 }

/** @returns {{ traced: typeof import('./strace.mjs').traced } | null} null where there is no compiler or it does not work here */
export function openShim(running) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-shim-'))
  running.add('library of the drill', () => rmSync(folder, { recursive: true, force: true }))
  const library = join(folder, 'failing-calls.so')
  const flags = ['-std=c11', '-O2', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl', '-lpthread']
  const isMade = COMPILERS.some((compiler) => spawnSync(compiler, flags, { stdio: 'ignore' }).status === 0)
  if (process.platform !== 'linux' || !isMade) return null
  return { traced: (wanted) => traced({ library, log: join(folder, 'log') }, wanted) }
}

async function traced({ library, log }, { words: [program, ...args], paths: [watched], fault }) {
  rmSync(log, { force: true })
  const env = {
    ...process.env,
    UV_THREADPOOL_SIZE: '1',
    LD_PRELOAD: library,
    WRIT_FAULT_FOLDER: watched,
    WRIT_FAULT_LOG: log,
    ...(fault ? { WRIT_FAULT: `${fault.call} ${fault.at} ${ERRORS[fault.how]}` } : {}),
  }
  const child = spawn(program, args, { stdio: 'ignore', env })
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { calls: existsSync(log) ? readLog(readFileSync(log, 'utf8')) : [] }
}

const readLog = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([call, path, isInjected]) => ({ call, path, isInjected: isInjected === '1' }))
