// Who is alive, and is it the one we mean? Process ids are reused, so an id alone proves nothing.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Whether a process runs. One that has ended and waits to be collected does not. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code !== 'EPERM') return false
  }
  return process.platform !== 'linux' || statusFields(pid)?.[0] !== 'Z'
}

/** What tells this process from a later one with the same id: when it began. Undefined when there is no such process. */
export function birthOf(pid) {
  if (!isAlive(pid)) return undefined
  if (process.platform === 'linux') return statusFields(pid)?.[19]
  return ps(pid, 'lstart=')
}

/**
 * Stops a server that an earlier start left behind and waits for its end.
 * @param {{ pid: number, mark: string, signal: NodeJS.Signals }} leftover `mark` is a text that only its command line has
 * @returns {Promise<boolean>} whether there was one
 */
export async function stopLeftover({ pid, mark, signal }) {
  if (!Number.isInteger(pid) || pid <= 1 || !commandLineOf(pid)?.includes(mark)) return false
  process.kill(pid, signal)
  for (let waited = 0; isAlive(pid) && waited < 10_000; waited += 50) {
    await sleep(50)
    if (waited === 8_000) process.kill(pid, 'SIGKILL')
  }
  return true
}

// The fields of proc(5) behind the command, which stands in brackets and may hold blanks: state first, start time the 20th.
function statusFields(pid) {
  const stat = read(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function commandLineOf(pid) {
  return process.platform === 'linux' ? read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') : ps(pid, 'args=')
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function ps(pid, column) {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}
