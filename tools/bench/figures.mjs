// Figures that can be trusted on a noisy machine: medians of interleaved rounds, CPU time from the kernel's own accounting.
import { readdirSync, readFileSync } from 'node:fs'

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** CPU microseconds that a process, all its threads together, has used; null where the system does not tell. */
export function cpuMicrosOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanos = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    )
    return nanos.reduce((sum, one) => sum + one, 0) / 1000
  } catch {
    return null
  }
}

/** One result row; `holds` is measured, never assumed. */
export function result({
  name,
  value,
  unit,
  atMost,
  atLeast,
  peer,
  peerValue,
  ratio = peerValue ? value / peerValue : undefined,
  judged = value,
  detail,
}) {
  const target = atMost !== undefined ? `<= ${atMost}` : atLeast !== undefined ? `>= ${atLeast}` : ''
  const holds = atMost !== undefined ? judged <= atMost : atLeast !== undefined ? judged >= atLeast : true
  return {
    name,
    value,
    unit,
    target,
    holds,
    ...(peer ? { peer, peerValue, ratio } : {}),
    ...(detail ? { detail } : {}),
  }
}

export async function timedMs(work) {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
