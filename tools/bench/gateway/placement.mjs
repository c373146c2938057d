// Which core a process runs on, and whether waking it may interrupt others. One core for all that a call passes through: in a virtual
// machine, waking a process on another core is dear and is charged to the waker.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

export const isPinnable =
  process.platform === 'linux' &&
  ['taskset', 'chrt'].every((tool) => spawnSync(tool, ['--version']).status === 0)

/** The core that is measured on, and the one for what a call does not wait for. */
export const MEASURED = 0
export const ELSEWHERE = availableParallelism() > 1 ? 1 : 0

/**
 * Puts a process, its threads and its children on one core.
 * @param {number} pid
 * @param {{ core?: number, yields?: boolean }} [where] `yields`: waking it does not interrupt who runs (SCHED_BATCH)
 */
export function place(pid, { core = MEASURED, yields = false } = {}) {
  if (!isPinnable) return
  for (const one of treeOf(pid)) {
    spawnSync('taskset', ['-a', '-c', '-p', String(core), String(one)])
    spawnSync('chrt', ['-a', yields ? '-b' : '-o', '-p', '0', String(one)])
  }
}

/** A process and its living descendants. */
export function treeOf(pid) {
  const parents = processes()
  const found = [pid]
  for (const one of found) for (const { child, parent } of parents) if (parent === one) found.push(child)
  return found
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return [{ child: Number(name), parent }]
      } catch {
        return []
      }
    })
}

/** MB of memory that is held, as the kernel counts it; shared pages count once for each process. */
export function residentMegabytes(pids) {
  const kilobytes = pids.map((pid) => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
    } catch {
      return 0
    }
  })
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024
}
