import type { Decision } from '@writ/contracts'

/** The stricter of two decisions: abort, deny, ask, allow; then the one that modified; then the one where more rules matched; else the first. */
export function strictest(first: Decision, second: Decision | undefined): Decision
export function strictest(first: Decision | undefined, second: Decision): Decision
export function strictest(first: Decision | undefined, second: Decision | undefined): Decision | undefined
export function strictest(first: Decision | undefined, second: Decision | undefined): Decision | undefined {
  if (first === undefined || second === undefined) return first ?? second
  const difference = strictness(second)
    .map((weight, at) => weight - (strictness(first)[at] ?? 0))
    .find((step) => step !== 0)
  return difference !== undefined && difference > 0 ? second : first
}

const OUTCOMES: Readonly<Record<Decision['outcome'], number>> = { allow: 0, ask: 1, deny: 2, abort: 3 }

function strictness({ outcome, modified, matches }: Decision): readonly number[] {
  return [OUTCOMES[outcome], Number(modified), matches.length]
}
