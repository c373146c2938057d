import { REFUSALS } from '@writ/contracts'
import type { HookAnswer } from '@writ/enforcement'

const STRICTNESS = { allow: 0, ask: 1, deny: 2 } as const

/** Null of none. Of several as strict the first. */
export const strictest = (answers: readonly HookAnswer[]): HookAnswer | null =>
  answers.reduce<HookAnswer | null>(
    (before, answer) =>
      before !== null && STRICTNESS[before.outcome] >= STRICTNESS[answer.outcome] ? before : answer,
    null,
  )

/** Why not, in a sentence for the agent; never empty. */
export function reasonOf({ rule, refusal }: HookAnswer): string {
  if (rule !== null && rule.reason !== '') return `${rule.reason} [${rule.policy}/${rule.rule}]`
  if (refusal === null) return 'policy asks'
  return refusal.detail === '' ? REFUSALS[refusal.code].text : refusal.detail
}
