import type { Question } from '@writ/contracts'
import type { Batch, Candidate } from './batches.ts'
import { answerOf, UNREADABLE } from './candidates.ts'
import type { CompiledPolicies } from './compile.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { Facts, Signals } from './facts.ts'
import type { ContentKeys } from './modify/content-keys.ts'
import { allOf } from './part.ts'
import type { RuleFault, Truth } from './rule-fault.ts'
import { Work } from './work.ts'

/** A rule that is true, or that could not be answered. */
export type Hit = { readonly rule: CompiledRule; readonly truth: true | RuleFault }

/** What is at hand of a question. */
export type AtHand = {
  readonly signals: Signals | RuleFault
  readonly keys: ContentKeys | null
  /** bits of `READS` */
  readonly known: number
}

/**
 * Units that the comparisons of one decision may take, twice: see `leaf.ts` for what takes how many. A unit takes about 4 ns, so each of
 * the two takes at most about 8 ms.
 */
export const COMPARISON_BUDGET = 2 * 1024 * 1024

/** Asks every rule that can match, on one reading of the question; what is remembered of one rule serves the next. */
export function hitsOf(compiled: CompiledPolicies, question: Question, atHand: AtHand): readonly Hit[] {
  const { acting, watching } = compiled.candidates.select(question)
  const hits: Hit[] = []
  const facts = factsOf(compiled, question, atHand)
  askBatches(acting, facts, hits)
  facts.work.renew()
  askBatches(watching, facts, hits)
  return inOrder(hits)
}

/** Few are put in their places one by one, which takes less than setting up a sort. */
function inOrder(hits: Hit[]): readonly Hit[] {
  if (hits.length > FEW) return hits.sort((left, right) => left.rule.ordinal - right.rule.ordinal)
  for (let at = 1; at < hits.length; at += 1) moveDown(hits, at)
  return hits
}

const FEW = 32

function moveDown(hits: Hit[], from: number): void {
  const hit = hits[from]
  if (hit === undefined) return
  let at = from
  let before = hits[at - 1]
  while (before !== undefined && before.rule.ordinal > hit.rule.ordinal) {
    hits[at] = before
    at -= 1
    before = hits[at - 1]
  }
  hits[at] = hit
}

export function factsOf(compiled: CompiledPolicies, question: Question, atHand: AtHand): Facts {
  return {
    question,
    signals: atHand.signals,
    keys: atHand.keys,
    known: atHand.known,
    work: new Work(COMPARISON_BUDGET),
    values: compiled.candidates.readers.room(),
    generation: compiled.candidates.nextGeneration(),
  }
}

function askBatches(batches: readonly Batch[], facts: Facts, hits: Hit[]): void {
  for (const { guard, candidates } of batches) {
    const guarded = guard === null ? true : answerOf(guard, facts)
    if (guarded === false) continue
    for (const candidate of candidates) {
      // what could not be answered is asked with the rest, so that the first false part still settles the rule
      const truth = guarded === true ? restOf(candidate, facts) : answerOf(candidate.rule.condition, facts)
      if (truth !== false) hits.push({ rule: candidate.rule, truth })
    }
  }
}

function restOf({ open, given }: Candidate, facts: Facts): Truth {
  try {
    return allOf(open, given, facts)
  } catch {
    return UNREADABLE
  }
}
