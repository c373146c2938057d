import { OPEN_METHODS } from '@writ/contracts'
import type { Decision, Effect, Outcome, Question, RuleMatch } from '@writ/contracts'
import { acts } from './carry-out.ts'
import type { Match } from './carry-out.ts'
import type { CompiledPolicies } from './compile.ts'

export type Verdict = Pick<Decision, 'outcome' | 'byDefault'>

/** What the matches come to together: abort before deny before ask before the rest, and then what the caller's groups say by default. */
export function verdictOf(
  matches: readonly Match[],
  question: Question,
  compiled: CompiledPolicies,
): Verdict {
  let strictest: Outcome = 'allow'
  let isAllowed = !isDefaultDeny(question, compiled)
  for (const { report } of matches) {
    if (!acts(report)) continue
    const wanted = outcomeOf(report)
    if (STRICTNESS[wanted] > STRICTNESS[strictest]) strictest = wanted
    if (report.effect === 'allow' && !report.errored) isAllowed = true
  }
  const isByDefault = !isAllowed && STRICTNESS[strictest] < STRICTNESS.deny
  return isByDefault ? { outcome: 'deny', byDefault: true } : { outcome: strictest, byDefault: false }
}

/** The default is asked of what an agent sets out to do; what comes back of an action that was let out was allowed with it. */
export const isDefaultDeny = (question: Question, { denying }: CompiledPolicies): boolean =>
  denying.size > 0 &&
  question.direction === 'outbound' &&
  question.groups.some((group) => denying.has(group)) &&
  !isOpen(question)

/** An answer that says nothing, as that to a ping is, carries nothing either. */
const isOpen = ({ action, content }: Question): boolean =>
  OPEN_METHODS.has(action.method) ||
  (action.method === 'response' && typeof content === 'object' && Object.keys(content ?? {}).length === 0)

export const STRICTNESS: Readonly<Record<Outcome, number>> = { allow: 0, ask: 1, deny: 2, abort: 3 }

const OUTCOMES: Readonly<Record<Effect, Outcome>> = {
  abort: 'abort',
  deny: 'deny',
  ask: 'ask',
  modify: 'allow',
  flag: 'allow',
  allow: 'allow',
}

/** A rule that could not be evaluated or carried out denies; it does not end a session by mistake. */
function outcomeOf({ effect, errored }: RuleMatch): Outcome {
  return errored && effect !== 'flag' && effect !== 'allow' ? 'deny' : OUTCOMES[effect]
}
