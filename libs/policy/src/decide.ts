import type { Decision, Json, Label, Question } from '@writ/contracts'
import { hitsOf } from './ask-rules.ts'
import { acts, carryOut, failed, NOT_INSPECTED } from './carry-out.ts'
import type { Match, Workplace } from './carry-out.ts'
import type { CompiledPolicies } from './compile.ts'
import type { Inspection } from './detectors/sighting.ts'
import { READS_ALL } from './facts.ts'
import type { ContentKeys } from './modify/content-keys.ts'
import { rewrite } from './modify/rewrite.ts'
import type { Edit } from './modify/spans.ts'
import { RuleFault } from './rule-fault.ts'
import { signalsSeen } from './signals-seen.ts'
import { STRICTNESS, verdictOf } from './verdict.ts'
import type { Verdict } from './verdict.ts'

/** What is at hand beside the question; `needsOf` says what has to be. */
export type Given = {
  /** what the detectors found in the content; null where it was not inspected */
  readonly inspection: Inspection | null
  readonly keys: ContentKeys | null
  /** JSON pointers into the content that no rule may rewrite, with what lies below them; `*` is any one step */
  readonly protectedPointers?: readonly string[]
  /** whether the rewritten content may still go where it goes, e.g. by the input schema of the tool */
  readonly accepts?: (content: Json) => RuleFault | null
}

/**
 * Answers one question: pure, total, deterministic.
 * - Every applicable rule is asked, on the original content, and every match is reported; no rule stops another.
 * - abort beats deny, deny beats ask, ask beats the rest; modify, flag and allow leave the outcome `allow`.
 * - An abort, deny, ask or modify rule that cannot be evaluated or carried out denies; a flag rule then flags, and an allow rule does not allow.
 * - Where a group of the caller denies by default, an allow rule has to match.
 * - Rules of a shadow policy and overridden rules are reported and do nothing.
 * - Work is counted (`COMPARISON_BUDGET`), so that no message holds up the others; a rule for which none is left cannot be evaluated.
 * `content` is rewritten only when something may pass, so under `deny` and `abort` it is the original and must not go anywhere.
 */
export function decide(compiled: CompiledPolicies, question: Question, given: Given): Decision {
  const { inspection, keys } = given
  const seen = inspection?.fault === null ? signalsSeen(inspection, compiled.patternOwners) : null
  const signals = seen?.asked ?? inspection?.fault ?? NOT_INSPECTED
  const workplace = workplaceOf(compiled, question, given)
  const matches: Match[] = []
  for (const hit of hitsOf(compiled, question, { signals, keys, known: READS_ALL }))
    matches.push(carryOut(hit, workplace))
  return decisionOn(question, rewritten(compiled, question, given, matches), seen?.all ?? [])
}

function workplaceOf(compiled: CompiledPolicies, question: Question, given: Given): Workplace {
  const { inspection, protectedPointers = [] } = given
  return { question, inspection, protectedPointers, owners: compiled.patternOwners }
}

/** What the matches come to, and what may pass. */
type Result = { readonly matches: readonly Match[]; readonly content: Json; readonly verdict: Verdict }

export function decisionOn(
  question: Question,
  { matches, content, verdict }: Result,
  signals: readonly string[],
): Decision {
  return {
    outcome: verdict.outcome,
    matches: matches.map(({ report }) => report),
    signals,
    modified: content !== question.content,
    content,
    byDefault: verdict.byDefault,
    labels: labelsOf(matches),
    ask: verdict.outcome === 'ask' ? shortestAsk(matches) : null,
  }
}

/** Nothing is rewritten where nothing may pass. Rules whose rewriting fails together are all at fault, because none of them was carried out. */
function rewritten(
  compiled: CompiledPolicies,
  question: Question,
  { keys, accepts }: Given,
  matches: readonly Match[],
): Result {
  const { content } = question
  const verdict = verdictOf(matches, question, compiled)
  const edits = STRICTNESS[verdict.outcome] >= STRICTNESS.deny ? [] : editsOf(matches)
  if (edits.length === 0) return { matches, content, verdict }
  const after = attempt(() => rewrite(content, edits, keys))
  const fault = after instanceof RuleFault ? after : attempt(() => accepts?.(after) ?? null)
  if (!(after instanceof RuleFault) && fault === null) return { matches, content: after, verdict }
  const because = fault instanceof RuleFault ? fault : CANNOT_REWRITE
  const reported = matches.map((match) =>
    isActing(match) && match.edits.length > 0
      ? failed(match.rule, match.report.overriddenBy, because)
      : match,
  )
  return { matches: reported, content, verdict: verdictOf(reported, question, compiled) }
}

const isActing = ({ report }: Match): boolean => acts(report) && !report.errored

function editsOf(matches: readonly Match[]): readonly Edit[] {
  const edits: Edit[] = []
  for (const match of matches) if (match.edits.length > 0 && isActing(match)) edits.push(...match.edits)
  return edits
}

const CANNOT_REWRITE = new RuleFault('the content could not be rewritten')

function attempt<T>(work: () => T): T | RuleFault {
  try {
    return work()
  } catch {
    return CANNOT_REWRITE
  }
}

const NO_LABELS: readonly Label[] = []

function labelsOf(matches: readonly Match[]): readonly Label[] {
  const labels: Label[] = []
  for (const match of matches) {
    const { labels: mark } = match.rule.source
    if (mark !== undefined && isActing(match)) labels.push(...mark.add)
  }
  return labels.length === 0 ? NO_LABELS : [...new Set(labels)].sort()
}

/** One approval answers all ask rules, so it holds and is waited for no longer than each of them says. */
function shortestAsk(matches: readonly Match[]): Decision['ask'] {
  let [ttlSeconds, waitSeconds] = [Infinity, Infinity]
  for (const match of matches) {
    if (match.report.effect !== 'ask' || !isActing(match)) continue
    ttlSeconds = Math.min(ttlSeconds, match.rule.ask.ttlSeconds)
    waitSeconds = Math.min(waitSeconds, match.rule.ask.waitSeconds)
  }
  return { ttlSeconds, waitSeconds }
}
