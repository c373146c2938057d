import type { Log } from '@writ/runtime'

const AGAIN_MS = 60_000

export type ReportProblem = (problem: string, detail: unknown) => void

/** Says each kind of trouble once, and again every minute while it lasts: a control plane that is away is one line, not thousands. */
export function createProblemReport(log: Log, nowMs: () => number): ReportProblem {
  const saidAtMs = new Map<string, number>()
  return (problem, detail) => {
    const last = saidAtMs.get(problem)
    if (last !== undefined && nowMs() - last < AGAIN_MS) return
    saidAtMs.set(problem, nowMs())
    log.warn({ reason: reasonOf(detail) }, problem)
  }
}

/** Names and messages only: errors of network clients carry whole requests. */
export function reasonOf(detail: unknown): unknown {
  if (!(detail instanceof Error)) return detail
  const { cause } = detail
  return cause instanceof Error ? `${detail.message}: ${cause.message}` : detail.message
}
