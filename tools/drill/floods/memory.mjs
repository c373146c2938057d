// The resident set of another process, as the kernel counts it.
import { readFileSync } from 'node:fs'

/** MiB of physical memory that a process holds; null where the system does not tell. */
export function residentMib(pid) {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? null : Number(kib) / 1024
  } catch {
    return null
  }
}

/** Watches a process until `stop`, which tells how far above its beginning it went; null where the system does not tell. */
export function watchMemory(pid, running) {
  const before = residentMib(pid)
  let most = before
  const timer = setInterval(() => {
    const now = residentMib(pid)
    if (now !== null) most = Math.max(most, now)
  }, 50)
  running.add('memory watch', () => clearInterval(timer))
  return {
    stop: () => {
      clearInterval(timer)
      return before === null ? null : most - before
    },
  }
}
