import type { BundlePolicy, Condition, Direction, Rewriting, Rule, RuleMatch } from '@writ/contracts'
import { compileWhenUnless } from './condition.ts'
import { SIGNALS } from './detectors/signals.ts'
import { fixedLength, globOf } from './glob.ts'
import type { Test } from './match.ts'
import { RuleFault } from './rule-fault.ts'

/** One rule, ready to be asked. */
export type CompiledRule = {
  /** place in the one order in which rules are asked and reported */
  readonly ordinal: number
  readonly match: Omit<RuleMatch, 'errored'>
  readonly test: Test
  /** signal to rewriting; empty unless the effect is `modify` */
  readonly rewritings: ReadonlyMap<string, Rewriting>
  /** true when answering needs the detectors */
  readonly inspectsContent: boolean
}

/** Policies of one bundle with everything derived from them once. Immutable. */
export type CompiledPolicies = {
  readonly byGroup: ReadonlyMap<string, RulesByDirection>
  /** rules that could not be compiled; each of them errs whenever it is asked */
  readonly faults: readonly { readonly policy: string; readonly rule: string; readonly because: string }[]
}
type RulesByDirection = Readonly<Record<Direction, readonly CompiledRule[]>>

/**
 * Compiles all policies of a bundle. Total: a rule that cannot be compiled becomes a rule that errs, and is listed in `faults`.
 * The result does not depend on the order of policies or rules, nor on duplicates.
 */
export function compilePolicies(policies: readonly BundlePolicy[]): CompiledPolicies {
  const sources = sourcesOf(policies)
  const compiled = sources.map((source, ordinal) => ({ source, ...compileRule(source, ordinal) }))
  const faults = compiled.flatMap(({ source, fault }) =>
    fault ? [{ policy: source.policy.id, rule: source.rule.id, because: fault.because }] : [],
  )
  return { byGroup: indexByGroup(compiled), faults }
}

/** Rules that apply to a caller of these groups, each once, in their one order. */
export function applicableRules(
  compiled: CompiledPolicies,
  groups: readonly string[],
  direction: Direction,
): readonly CompiledRule[] {
  const lists = [...new Set(groups)].flatMap((group) => {
    const rules = compiled.byGroup.get(group)
    return rules === undefined ? [] : [rules[direction]]
  })
  if (lists.length <= 1) return lists[0] ?? []
  return [...new Set(lists.flat())].sort((left, right) => left.ordinal - right.ordinal)
}

type Source = {
  readonly policy: BundlePolicy
  readonly rule: Rule
  readonly groups: Set<string>
  readonly key: string
}

function sourcesOf(policies: readonly BundlePolicy[]): readonly Source[] {
  const sources = new Map<string, Source>()
  for (const policy of policies) {
    for (const rule of policy.document.rules) {
      const key = keyOf(policy, rule)
      const source = sources.get(key) ?? { policy, rule, groups: new Set<string>(), key }
      for (const group of policy.groups) source.groups.add(group)
      sources.set(key, source)
    }
  }
  return [...sources.values()].sort((left, right) => (left.key < right.key ? -1 : 1))
}

/** Sorts by policy and rule; the rest only tells different rules of one name apart. */
function keyOf(policy: BundlePolicy, rule: Rule): string {
  return JSON.stringify([policy.id, rule.id, policy.version, policy.name, policy.document.mode, textOf(rule)])
}

/** A rule that nests too deep to be written down cannot be compiled either, so its text tells nothing apart. */
function textOf(rule: Rule): string {
  try {
    return JSON.stringify(rule)
  } catch {
    return 'unwritable'
  }
}

type Compiled = { readonly rule: CompiledRule; readonly fault: RuleFault | null }

function compileRule({ policy, rule }: Source, ordinal: number): Compiled {
  const test = testOf(rule)
  const rewritings = rewritingsOf(rule)
  const fault = [test, rewritings].find((part) => part instanceof RuleFault) ?? null
  const compiled: CompiledRule = {
    ordinal,
    match: {
      policy: policy.id,
      policyName: policy.name,
      policyVersion: policy.version,
      rule: rule.id,
      effect: rule.effect,
      mode: policy.document.mode,
      reason: rule.reason,
    },
    test: test instanceof RuleFault || fault !== null ? () => fault ?? false : test,
    rewritings: rewritings instanceof RuleFault ? new Map() : rewritings,
    inspectsContent: fault === null && inspectsContent(rule),
  }
  return { rule: compiled, fault }
}

function testOf(rule: Rule): Test | RuleFault {
  try {
    return compileWhenUnless(rule.when, rule.unless)
  } catch {
    return new RuleFault('the rule is malformed')
  }
}

/** Within one rule the most specific pattern wins: `pii.card: mask` beside `pii.*: drop` masks cards. */
function rewritingsOf(rule: Rule): ReadonlyMap<string, Rewriting> | RuleFault {
  const patterns = Object.entries(rule.modify ?? {}).sort(
    ([left], [right]) => fixedLength(left) - fixedLength(right) || (left < right ? -1 : 1),
  )
  const rewritings = new Map<string, Rewriting>()
  for (const [pattern, rewriting] of patterns) {
    const covered = SIGNALS.filter(globOf(pattern))
    if (covered.length === 0) return new RuleFault(`no signal is named ${pattern}`)
    for (const signal of covered) rewritings.set(signal, rewriting)
  }
  return rewritings
}

function inspectsContent(rule: Rule): boolean {
  return rule.effect === 'modify' || [rule.when, rule.unless].some((part) => part && readsSignals(part))
}

function readsSignals(condition: Condition): boolean {
  if ('all' in condition) return condition.all.some(readsSignals)
  if ('any' in condition) return condition.any.some(readsSignals)
  if ('not' in condition) return readsSignals(condition.not)
  return condition.path === 'content.signals'
}

function indexByGroup(
  compiled: readonly (Compiled & { readonly source: Source })[],
): ReadonlyMap<string, RulesByDirection> {
  const index = new Map<string, Record<Direction, CompiledRule[]>>()
  for (const { source, rule } of compiled) {
    for (const group of source.groups) {
      const rules = index.get(group) ?? { outbound: [], inbound: [] }
      for (const direction of new Set(source.rule.on)) rules[direction].push(rule)
      index.set(group, rules)
    }
  }
  return index
}
