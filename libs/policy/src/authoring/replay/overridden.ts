import { globOf } from '../../glob.ts'
import type { Recorded } from './recorded.ts'
import type { Draft, ReplayWorld } from './world.ts'

/** Whether an override kept a rule of the draft from acting on a decision. */
export type IsOverridden = (rule: string, recorded: Recorded) => boolean

/**
 * Overrides act as they did when the decision was made, whatever became of them since: an override is of a rule of the policy that the
 * draft takes the place of, and holds for the draft's rule of the same id. What the record says of it counts first.
 */
export function overridesIn({ replaces }: Draft, { overrides, membership }: ReplayWorld): IsOverridden {
  if (replaces === null) return () => false
  const exceptions = overrides
    .filter(({ policy }) => policy === replaces)
    .map(({ rule, principal, resource, from, until }) => ({
      rule,
      principal,
      covers: globOf(resource),
      fromMs: Date.parse(from),
      untilMs: Date.parse(until),
    }))
  return (rule, recorded) => {
    const match = recorded.decision.matches.find((one) => one.policy === replaces && one.rule === rule)
    if (match !== undefined) return match.overriddenBy !== null
    const { at, action } = recorded
    const atMs = Date.parse(at)
    const isOneOf = (principal: string) => principalsOf(recorded, membership).includes(principal)
    return exceptions.some(
      (one) =>
        one.rule === rule &&
        one.fromMs <= atMs &&
        atMs < one.untilMs &&
        one.covers(action.resource) &&
        isOneOf(one.principal),
    )
  }
}

const principalsOf = (
  { agent, human }: Recorded,
  membership: ReplayWorld['membership'],
): readonly string[] => [
  agent.id,
  human.id,
  ...(membership?.get(agent.id) ?? []),
  ...(membership?.get(human.id) ?? []),
]
