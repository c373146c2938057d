import type { Bundle, Question, RuleMatch } from '@writ/contracts'
import { globOf } from './glob.ts'

/** Exceptions to one rule, by id. */
export type Overrides = readonly Override[]
type Override = {
  readonly id: NonNullable<RuleMatch['overriddenBy']>
  readonly principal: string
  readonly covers: (resource: string) => boolean
  readonly untilMs: number
}

const NONE: Overrides = []

/** @returns those of a policy's rule */
export function overridesOf(overrides: Bundle['overrides']): (policy: string, rule: string) => Overrides {
  const byRule = new Map<string, Override[]>()
  for (const { id, policy, rule, principal, resource, until } of overrides) {
    const key = `${policy} ${rule}`
    const known = byRule.get(key) ?? []
    known.push({ id, principal, covers: globOf(resource), untilMs: Date.parse(until) })
    byRule.set(key, known)
  }
  for (const known of byRule.values()) known.sort((left, right) => (left.id < right.id ? -1 : 1))
  return (policy, rule) => byRule.get(`${policy} ${rule}`) ?? NONE
}

/** The first override that keeps the rule from acting on this question: not expired, for one of its principals, over its resource. */
export function overrideFor(overrides: Overrides, question: Question): RuleMatch['overriddenBy'] {
  if (overrides.length === 0) return null
  const { nowMs, action } = question
  const found = overrides.find(
    ({ principal, covers, untilMs }) =>
      nowMs < untilMs && isOneOf(principal, question) && covers(action.resource),
  )
  return found?.id ?? null
}

const isOneOf = (principal: string, { agent, human, chain, groups }: Question): boolean =>
  principal === agent.id ||
  principal === human.id ||
  chain.some(({ id }) => id === principal) ||
  groups.includes(principal)
