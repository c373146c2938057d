import type { Bundle, BundlePolicy, Rewriting, Rule, RuleMatch } from '@writ/contracts'
import { secondsOf } from '@writ/contracts'
import { Candidates } from './candidates.ts'
import { Conditions } from './condition.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { SIGNALS } from './detectors/signals.ts'
import { fixedLength, globOf } from './glob.ts'
import { signalsOfPatterns } from './leaf.ts'
import type { Scope } from './leaf.ts'
import { overridesOf } from './overrides.ts'
import type { CompiledPatterns } from './patterns/compile-patterns.ts'
import type { Part } from './part.ts'
import { RuleFault } from './rule-fault.ts'
import { scopesOf } from './scopes.ts'
import { planOf } from './session/plan.ts'
import type { SessionPlan } from './session/plan.ts'
import { sourcesOf } from './sources.ts'
import type { Source } from './sources.ts'

/** Policies of one bundle with everything derived from them once. */
export type CompiledPolicies = {
  /** rules that could not be compiled; each of them errs whenever it is asked */
  readonly faults: readonly { readonly policy: string; readonly rule: string; readonly because: string }[]
  /** what a session has to remember for these policies */
  readonly session: SessionPlan
  /** the tenant's patterns, for the inspection; null where there are none */
  readonly patterns: CompiledPatterns | null
  readonly candidates: Candidates
  /** access groups whose default is to deny */
  readonly denying: ReadonlySet<string>
  /** policies by the name of a pattern of theirs */
  readonly patternOwners: ReadonlyMap<string, readonly string[]>
}

/** What a bundle says beside its policies. */
/** A group as its policies see it: whether it is switched off was asked before. */
export type PolicyGroup = Omit<Bundle['groups'][number], 'suspended'>
export type PolicySettings = {
  readonly groups: readonly PolicyGroup[]
  readonly overrides: Bundle['overrides']
}

/**
 * Compiles all policies of a bundle. Total: a rule that cannot be compiled becomes a rule that errs, and is listed in `faults`.
 * The result does not depend on the order of policies or rules, nor on duplicates.
 */
export function compilePolicies(
  policies: readonly BundlePolicy[],
  { groups, overrides }: PolicySettings,
): CompiledPolicies {
  const { patterns, readers, scopeOf, owners } = scopesOf(policies)
  const conditions = new Conditions()
  const ofRule = overridesOf(overrides)
  const compiled = sourcesOf(policies).map((source, ordinal) => {
    const rule = compileRule({ source, ordinal, scope: scopeOf(source.policy), conditions })
    return { groups: source.groups, rule: { ...rule, overrides: ofRule(source.policy.id, source.rule.id) } }
  })
  return {
    faults: compiled.flatMap(({ rule }) => faultOf(rule)),
    session: planOf(policies),
    patterns,
    candidates: new Candidates(compiled, readers),
    denying: new Set(groups.filter((group) => group.default === 'deny').map(({ id }) => id)),
    patternOwners: owners,
  }
}

type Draft = {
  readonly source: Source
  readonly ordinal: number
  readonly scope: Scope
  readonly conditions: Conditions
}

function compileRule({ source, ordinal, scope, conditions }: Draft): Omit<CompiledRule, 'overrides'> {
  const { policy, rule } = source
  const rewritings = rewritingsOf(rule, scope)
  const condition = rewritings instanceof RuleFault ? rewritings : conditionOf(rule, scope, conditions)
  return {
    ordinal,
    source: rule,
    scope,
    match: matchOf(policy, rule),
    condition,
    reads: condition instanceof RuleFault ? 0 : condition.reads,
    rewritings: rewritings instanceof RuleFault ? new Map() : rewritings,
    ask: {
      ttlSeconds: secondsOf(rule.ask?.ttl ?? '15m'),
      waitSeconds: rule.ask?.wait === undefined ? 0 : secondsOf(rule.ask.wait),
    },
  }
}

const matchOf = (policy: BundlePolicy, rule: Rule): RuleMatch => ({
  policy: policy.id,
  policyName: policy.name,
  policyVersion: policy.version,
  rule: rule.id,
  effect: rule.effect,
  mode: policy.document.mode,
  reason: rule.reason,
  errored: false,
  overriddenBy: null,
})

function faultOf({ match: { policy, rule }, condition }: CompiledRule): CompiledPolicies['faults'] {
  return condition instanceof RuleFault ? [{ policy, rule, because: condition.because }] : []
}

function conditionOf(rule: Rule, scope: Scope, conditions: Conditions): Part | RuleFault {
  try {
    return conditions.compileRule(rule.when, rule.unless, scope)
  } catch {
    return new RuleFault('the rule is malformed')
  }
}

/** Within one rule the most specific pattern wins: `pii.card: mask` beside `pii.*: drop` masks cards. */
function rewritingsOf(rule: Rule, scope: Scope): ReadonlyMap<string, Rewriting> | RuleFault {
  const patterns = Object.entries(rule.modify ?? {}).sort(
    ([left], [right]) => fixedLength(left) - fixedLength(right) || (left < right ? -1 : 1),
  )
  const rewritings = new Map<string, Rewriting>()
  for (const [pattern, rewriting] of patterns) {
    const covered = [...SIGNALS, ...signalsOfPatterns(scope)].filter(globOf(pattern))
    if (covered.length === 0) return new RuleFault(`no signal is named ${pattern}`)
    for (const signal of covered) rewritings.set(signal, rewriting)
  }
  return rewritings
}
