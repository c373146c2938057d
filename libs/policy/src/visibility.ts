import type { Decision, Question, RuleMatch } from '@writ/contracts'
import { factsOf, hitsOf } from './ask-rules.ts'
import type { AtHand } from './ask-rules.ts'
import { answerOf } from './candidates.ts'
import { acts, carryOut } from './carry-out.ts'
import type { CompiledPolicies } from './compile.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { decisionOn } from './decide.ts'
import { READS, READS_ALL } from './facts.ts'
import { overrideFor } from './overrides.ts'
import { NOT_KNOWN } from './rule-fault.ts'
import { isDefaultDeny, verdictOf } from './verdict.ts'

const BEFOREHAND = READS_ALL & ~(READS.args | READS.content | READS.signals)

/**
 * Whether a caller is shown a tool, prompt or resource: the decision on calling it, with arguments and content left open. It is hidden
 * when an abort or deny rule is true whatever they are, or when the default is deny and no allow rule can be true. So what is hidden is
 * always denied when it is called; what is shown may still be denied.
 */
export function isVisible(compiled: CompiledPolicies, question: Question): boolean {
  const facts = factsOf(compiled, question, { signals: NOT_KNOWN, keys: null, known: BEFOREHAND })
  const rules = compiled.candidates
    .select(question)
    .acting.flatMap(({ candidates }) => candidates.map(({ rule }) => rule))
  const isActing = (rule: CompiledRule) => overrideFor(rule.overrides, question) === null
  const isDenied = rules.some(
    (rule) => isForbidding(rule) && answerOf(rule.condition, facts) === true && isActing(rule),
  )
  if (isDenied) return false
  return !isDefaultDeny(question, compiled) || rules.some((rule) => mayAllow(rule) && isActing(rule))

  function mayAllow(rule: CompiledRule): boolean {
    const truth = rule.source.effect === 'allow' && answerOf(rule.condition, facts)
    return truth === true || truth === NOT_KNOWN
  }
}

const isForbidding = ({ source: { effect } }: CompiledRule): boolean =>
  effect === 'deny' || effect === 'abort'

/** What is known of a question that was decided before: a record keeps the signals, and neither arguments nor content. */
export type Known = {
  readonly args: boolean
  readonly content: boolean
  /** those that were recorded; left out where they are not known */
  readonly signals?: readonly string[]
}

/** A decision with part of the question left open: `undecided` are the rules on which the open part decides. Nothing is rewritten. */
export type OpenDecision = Decision & { readonly undecided: readonly RuleMatch[] }

export function decideKnowing(compiled: CompiledPolicies, question: Question, known: Known): OpenDecision {
  const hits = hitsOf(compiled, question, atHandOf(known))
  const workplace = {
    question,
    inspection: { sightings: [], fault: null },
    protectedPointers: [],
    owners: compiled.patternOwners,
  }
  const [open, closed] = [hits.filter(isOpen), hits.filter((hit) => !isOpen(hit))]
  const matches = closed.map((hit) => carryOut(hit, workplace))
  const verdict = verdictOf(matches, question, compiled)
  const result = { matches, content: question.content, verdict }
  const undecided = open.map(({ rule }) => carryOut({ rule, truth: true }, workplace).report)
  return { ...decisionOn(question, result, known.signals ?? []), undecided: undecided.filter(acts) }
}

const isOpen = ({ truth }: { readonly truth: unknown }): boolean => truth === NOT_KNOWN

function atHandOf({ args, content, signals }: Known): AtHand {
  const open = (args ? 0 : READS.args) | (content ? 0 : READS.content) | (signals ? 0 : READS.signals)
  const plain = [...new Set(signals)].sort()
  return { signals: { plain, byPolicy: new Map() }, keys: null, known: READS_ALL & ~open }
}
