import type { SessionState } from '@writ/contracts'

/** A session that has done nothing yet. */
export function newSession(nowMs: number): SessionState {
  return {
    format: 'writ.session.v1',
    version: 0,
    startedAtMs: nowMs,
    labels: [],
    calls: 0,
    denials: 0,
    aborted: null,
    folds: {},
    values: {},
    secrets: [],
    hosts: [],
    pins: {},
  }
}

/** Sorted, so that states which hold the same are the same; added to, and never taken from. */
export const unionOf = (left: readonly string[], right: readonly string[]): string[] =>
  right.every((one) => holds(left, one)) ? [...left] : [...new Set([...left, ...right])].sort()

/** @param sorted as `unionOf` leaves it */
export function holds(sorted: readonly string[], sought: string): boolean {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sorted[middle] ?? '') < sought) from = middle + 1
    else to = middle
  }
  return sorted[from] === sought
}
