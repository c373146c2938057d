import type { Decision, Outcome, Question, RuleMatch } from '@writ/contracts'
import { applicableRules } from './compile.ts'
import type { CompiledPolicies, CompiledRule } from './compile.ts'
import { detect } from './detectors/detect.ts'
import type { Sighting } from './detectors/sighting.ts'
import type { Facts } from './path.ts'
import { protectionOf } from './pointer.ts'
import { redact } from './redact.ts'
import type { Edit } from './redact.ts'
import { RuleFault } from './rule-fault.ts'
import type { Truth } from './rule-fault.ts'
import { Work } from './work.ts'

export type DecideOptions = {
  /** JSON pointers into the content that no rule may rewrite, with what lies below them; `*` is any one step */
  readonly protectedPointers?: readonly string[]
}

/**
 * Answers one question: pure, total, deterministic.
 * - Every applicable rule is asked, on the original content, and every match is reported; no rule stops another.
 * - deny beats ask, ask beats the rest; modify and flag leave the outcome `allow`.
 * - A deny, ask or modify rule that cannot be evaluated or carried out denies; a flag rule then flags.
 * - Rules of a shadow policy are reported and do nothing.
 * - Work is counted (`INSPECTION_BUDGET`, `COMPARISON_BUDGET`), so that no message holds up the others; a rule for which none is left
 *   cannot be evaluated. What flag rules and shadow policies compare is counted apart, so that they cannot make another rule fail.
 * `content` is rewritten only when something may pass, so under `deny` it is the original and must not go anywhere.
 */
export function decide(
  compiled: CompiledPolicies,
  question: Question,
  { protectedPointers = [] }: DecideOptions = {},
): Decision {
  const rules = applicableRules(compiled, question.groups, question.direction)
  const sightings = rules.some((rule) => rule.inspectsContent) ? look(question) : []
  const signals = sightings instanceof RuleFault ? [] : signalsOf(sightings)
  const acting = { question, signals, work: new Work(COMPARISON_BUDGET) }
  const watching = { question, signals, work: new Work(COMPARISON_BUDGET) }
  const isProtected = protectionOf(protectedPointers)
  const hits = rules.flatMap((rule) => {
    const truth = ask(rule, acts(rule) ? acting : watching, sightings)
    return truth === false ? [] : [carryOut(rule, truth, sightings, isProtected)]
  })
  const outcome = outcomeOf(hits)
  const content = outcome === 'deny' ? question.content : rewrite(question, hits)
  return {
    outcome,
    matches: hits.map((hit) => hit.match),
    signals,
    modified: content !== question.content,
    content,
  }
}

/** Units that the comparisons of one decision may take, twice: see `match.ts` for what takes how many. A unit takes about 4 ns, so each of the two about 65 ms. */
export const COMPARISON_BUDGET = 16 * 1024 * 1024

const acts = ({ match }: CompiledRule): boolean => match.effect !== 'flag' && match.mode === 'enforce'

type Sightings = readonly Sighting[] | RuleFault
type Hit = { readonly match: RuleMatch; readonly edits: readonly Edit[] }

function look(question: Question): Sightings {
  try {
    return detect(question.content)
  } catch {
    return new RuleFault('the content could not be inspected')
  }
}

const signalsOf = (sightings: readonly Sighting[]): readonly string[] =>
  [...new Set(sightings.map((sighting) => sighting.signal))].sort()

function ask(rule: CompiledRule, facts: Facts, sightings: Sightings): Truth {
  if (rule.inspectsContent && sightings instanceof RuleFault) return sightings
  try {
    return rule.test(facts)
  } catch {
    return new RuleFault('the question could not be read')
  }
}

function carryOut(
  rule: CompiledRule,
  truth: true | RuleFault,
  sightings: Sightings,
  isProtected: (pointer: string) => boolean,
): Hit {
  if (truth instanceof RuleFault) return failed(rule, truth)
  if (sightings instanceof RuleFault || rule.rewritings.size === 0) return done(rule, [])
  const edits = sightings.flatMap((sighting) => {
    const rewriting = rule.rewritings.get(sighting.signal)
    return rewriting === undefined ? [] : [{ sighting, rewriting }]
  })
  const isBarred = ({ sighting }: Edit) => sighting.place !== 'text' || isProtected(sighting.path)
  if (edits.some(isBarred)) return failed(rule, CANNOT_REWRITE)
  return done(rule, edits)
}

/** A key, a number or a protected member: rewriting it would change what the message means, leaving it would break the rule. */
const CANNOT_REWRITE = new RuleFault('a finding stands where nothing may be rewritten')

const done = ({ match }: CompiledRule, edits: readonly Edit[]): Hit => ({
  match: { ...match, errored: false },
  edits,
})

const failed = ({ match }: CompiledRule, fault: RuleFault): Hit => ({
  match: { ...match, reason: `${match.reason} (not evaluated: ${fault.because})`, errored: true },
  edits: [],
})

function outcomeOf(hits: readonly Hit[]): Outcome {
  const effects = hits.filter(({ match }) => match.mode === 'enforce').map(({ match }) => actingEffect(match))
  if (effects.includes('deny')) return 'deny'
  return effects.includes('ask') ? 'ask' : 'allow'
}

const actingEffect = ({ effect, errored }: RuleMatch): RuleMatch['effect'] =>
  errored && effect !== 'flag' ? 'deny' : effect

function rewrite(question: Question, hits: readonly Hit[]): Decision['content'] {
  const edits = hits.flatMap(({ match, edits: planned }) => (match.mode === 'enforce' ? planned : []))
  return edits.length === 0 ? question.content : redact(question.content, edits)
}
