import type { Condition, Decision, Json, Question, RuleMatch } from '@writ/contracts'
import { factsOf } from './ask-rules.ts'
import { answerOf } from './candidates.ts'
import { NOT_INSPECTED } from './carry-out.ts'
import type { CompiledPolicies } from './compile.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { Conditions, MAX_CONDITION_DEPTH } from './condition.ts'
import { decide } from './decide.ts'
import type { Given } from './decide.ts'
import { READS_ALL } from './facts.ts'
import type { Facts } from './facts.ts'
import { valueOfFold } from './fold-leaf.ts'
import { overrideFor } from './overrides.ts'
import type { Scope } from './leaf.ts'
import { RuleFault } from './rule-fault.ts'
import type { Truth } from './rule-fault.ts'
import { signalsSeen } from './signals-seen.ts'

/** `fault`: it could not be answered; `because` says why. */
export type Answer = { readonly truth: 'true' | 'false' | 'fault'; readonly because: string | null }

/** One comparison, count or sum of a rule. */
export type LeafTrace = Answer & {
  /** where it stands in the rule, as a JSON pointer, e.g. `/when/all/1` */
  readonly at: string
  readonly path: string
  readonly op: string
  readonly operand: Json | { readonly to: string }
  /** what was read; `undefined` where there was nothing, or where reading was the fault */
  readonly value: Json | undefined
}

export type RuleTrace = Answer &
  Pick<RuleMatch, 'policy' | 'policyName' | 'rule' | 'effect' | 'mode' | 'overriddenBy'> & {
    readonly leaves: readonly LeafTrace[]
  }

/** `rules`: all that apply to the caller and the direction, matched or not. */
export type Trace = { readonly decision: Decision; readonly rules: readonly RuleTrace[] }

/** The decision with every reason for it. It shows values of the question, so it is for those who may see them. */
export function explain(compiled: CompiledPolicies, question: Question, given: Given): Trace {
  const steps = explainInSteps(compiled, question, given)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** The same for callers that hold up others: every comparison has the work of a whole decision to itself, so it yields after each. */
export function* explainInSteps(
  compiled: CompiledPolicies,
  question: Question,
  given: Given,
): Generator<void, Trace> {
  const asked = compiled.candidates
    .applicable(question.groups, question.direction)
    .filter(({ source }) => source.channels?.includes(question.channel) !== false)
  const facts = () => factsFor(compiled, question, given)
  const decision = decide(compiled, question, given)
  const rules: RuleTrace[] = []
  for (const rule of asked) {
    yield
    rules.push(yield* traceOf(rule, question, facts))
  }
  return { decision, rules }
}

function factsFor(compiled: CompiledPolicies, question: Question, { inspection, keys }: Given): Facts {
  const seen = inspection?.fault === null ? signalsSeen(inspection, compiled.patternOwners) : null
  const signals = seen?.asked ?? inspection?.fault ?? NOT_INSPECTED
  return factsOf(compiled, question, { signals, keys, known: READS_ALL })
}

/** @param facts made anew for each part, so that none is answered with the work of another */
function* traceOf(rule: CompiledRule, question: Question, facts: () => Facts): Generator<void, RuleTrace> {
  const { policy, policyName, rule: id, effect, mode } = rule.match
  const { when, unless } = rule.source
  const answer = answered(answerOf(rule.condition, facts()))
  const leaves: LeafTrace[] = []
  for (const leaf of [...leavesOf(when, '/when', 0), ...leavesOf(unless ?? NOTHING, '/unless', 0)]) {
    yield
    leaves.push(leafTrace(leaf, rule, facts()))
  }
  const overriddenBy = overrideFor(rule.overrides, question)
  return { policy, policyName, rule: id, effect, mode, ...answer, overriddenBy, leaves }
}

const NOTHING: Condition = { any: [] }

type PlacedLeaf = { readonly at: string; readonly condition: Exclude<Condition, Group> }
type Group = { readonly all: unknown } | { readonly any: unknown } | { readonly not: unknown }

/** Deeper than rules may nest there is nothing to explain: the rule is at fault. */
function leavesOf(condition: Condition, at: string, depth: number): readonly PlacedLeaf[] {
  if (depth > MAX_CONDITION_DEPTH) return []
  const below = (part: Condition, step: string) => leavesOf(part, `${at}/${step}`, depth + 1)
  if ('all' in condition) return condition.all.flatMap((part, index) => below(part, `all/${index}`))
  if ('any' in condition) return condition.any.flatMap((part, index) => below(part, `any/${index}`))
  if ('not' in condition) return below(condition.not, 'not')
  return [{ at, condition }]
}

function leafTrace({ at, condition }: PlacedLeaf, { scope }: CompiledRule, facts: Facts): LeafTrace {
  const truth = answerOf(new Conditions().compile(condition, scope), facts)
  const value = valueOf(condition, scope, facts)
  return {
    at,
    ...shownAs(condition),
    value: value instanceof RuleFault ? undefined : value,
    ...answered(truth),
  }
}

function shownAs(condition: PlacedLeaf['condition']): Pick<LeafTrace, 'path' | 'op' | 'operand'> {
  if ('count' in condition) return { path: 'count', op: condition.op, operand: condition.value }
  if ('sum' in condition) return { path: `sum ${condition.sum}`, op: condition.op, operand: condition.value }
  const { path, op, value, to } = condition
  return { path, op, operand: to === undefined ? (value ?? null) : { to } }
}

function valueOf(
  condition: PlacedLeaf['condition'],
  { readers, policy }: Scope,
  facts: Facts,
): Json | undefined | RuleFault {
  try {
    if ('path' in condition && condition.path === 'content.signals') return signalsFor(policy, facts)
    const reader = 'path' in condition ? readers.of(condition.path) : valueOfFold(condition, readers)
    return reader instanceof RuleFault ? reader : reader.read(facts)
  } catch {
    return undefined
  }
}

/** All that the policy sees, its own patterns included, whatever the comparison asks of it. */
const signalsFor = (policy: string, { signals }: Facts): Json | RuleFault =>
  signals instanceof RuleFault ? signals : [...(signals.byPolicy.get(policy) ?? signals.plain)]

function answered(truth: Truth): Answer {
  if (truth instanceof RuleFault) return { truth: 'fault', because: truth.because }
  return { truth: truth ? 'true' : 'false', because: null }
}
