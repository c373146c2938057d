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

/**
 * One result row. `holds` is measured against the target, of the ratio where `of` says so; without a target it is null, for
 * nothing was there to hold. `target`: the target's own words, where the bound alone would not say it.
 */
export function result({ atMost, atLeast, of = 'value', peer, peerValue, detail, target: words, ...row }) {
  const ratio = peer ? row.value / peerValue : undefined
  const against = peer ? { peer, peerValue, ratio } : {}
  const bound = boundOf(atMost, atLeast)
  if (bound === null)
    return { ...row, target: '', holds: null, ...against, detail: `no target is set; ${detail}` }
  const target = words ?? (of === 'ratio' ? `ratio ${bound.text}` : bound.text)
  return { ...row, target, holds: bound.allows(of === 'ratio' ? ratio : row.value), ...against, detail }
}

function boundOf(atMost, atLeast) {
  if (atMost !== undefined) return { text: `<= ${atMost}`, allows: (figure) => figure <= atMost }
  if (atLeast !== undefined) return { text: `>= ${atLeast}`, allows: (figure) => figure >= atLeast }
  return null
}

export async function timedMs(work) {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
