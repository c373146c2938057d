import type { Condition } from '@writ/contracts'
import { lowerTruth } from './expression.ts'
import { Lowering } from './lowering.ts'
import type { Expression, Refused } from './lowering.ts'
import { scopeTruth } from './scope.ts'
import type { Scope } from './scope.ts'
import { and, everyOf, not } from './truth.ts'
import type { Truth } from './truth.ts'

/** One policy in Cedar's JSON form (docs.cedarpolicy.com/policies/json-format.html). */
export type PolicyForm = {
  readonly effect: 'permit' | 'forbid'
  readonly principal: Scope
  readonly action: Scope
  readonly resource: Scope
  readonly conditions: readonly { readonly kind: 'when' | 'unless'; readonly body: Expression }[]
  readonly annotations?: Readonly<Record<string, string | null>>
}

/** Comparisons that one rule may come to. */
const MOST_COMPARISONS = 256
/** How deep the conditions of one rule may nest; the engine takes 32. */
const DEEPEST = 24

/** The condition that a policy comes to, and everything of it that has no exact form. */
export function lowerPolicy(policy: PolicyForm): {
  readonly when: Condition
  readonly refused: readonly Refused[]
} {
  const how = new Lowering()
  const head = everyOf([
    scopeTruth('principal', policy.principal, how),
    scopeTruth('action', policy.action, how),
    scopeTruth('resource', policy.resource, how),
  ])
  const clauses = policy.conditions.map(({ kind, body }) => {
    const truth = lowerTruth(body, how)
    return kind === 'when' ? truth : not(truth)
  })
  const whole = and(head, everyOf(clauses))
  how.at({})
  if (isTooLarge(whole))
    how.refuse(`the policy comes to more than ${MOST_COMPARISONS} comparisons, or to deeper than ${DEEPEST}`)
  return { when: whole.condition, refused: how.refused }
}

const isTooLarge = ({ size, condition }: Truth): boolean =>
  size > MOST_COMPARISONS || !isWithin(condition, DEEPEST)

function isWithin(condition: Condition, depth: number): boolean {
  if (depth < 0) return false
  if ('all' in condition) return condition.all.every((part) => isWithin(part, depth - 1))
  if ('any' in condition) return condition.any.every((part) => isWithin(part, depth - 1))
  return 'not' in condition ? isWithin(condition.not, depth - 1) : true
}
