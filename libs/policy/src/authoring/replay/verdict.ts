import type { Effect, Outcome, RuleMatch } from '@writ/contracts'

/** Strictest first. */
export const OUTCOMES: readonly Outcome[] = ['abort', 'deny', 'ask', 'allow']

export const isStricter = (left: Outcome, right: Outcome): boolean =>
  OUTCOMES.indexOf(left) < OUTCOMES.indexOf(right)

export const strictestOutcome = (outcomes: readonly Outcome[]): Outcome =>
  outcomes.reduce<Outcome>((strictest, one) => (isStricter(one, strictest) ? one : strictest), 'allow')

/** What a rule that matched does by itself. */
export const outcomeOf = (effect: Effect, errored: boolean): Outcome => {
  if (effect === 'flag' || effect === 'allow') return 'allow'
  if (errored) return 'deny'
  return effect === 'modify' ? 'allow' : effect
}

/** Rules of a shadow policy and overridden ones were reported and did nothing. */
export const didAct = ({ mode, overriddenBy }: RuleMatch): boolean =>
  mode === 'enforce' && overriddenBy === null
