import type { Question, RuleMatch } from '@writ/contracts'
import type { Hit } from './ask-rules.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { Inspection, Sighting } from './detectors/sighting.ts'
import type { Edit } from './modify/spans.ts'
import { overrideFor } from './overrides.ts'
import { protectionOf } from './pointer.ts'
import { RuleFault } from './rule-fault.ts'
import { policiesSeeing } from './signals-seen.ts'

/** A rule that matched, as it is reported, and what it would rewrite. */
export type Match = {
  readonly rule: CompiledRule
  readonly report: RuleMatch
  readonly edits: readonly Edit[]
}

/** What carrying out a modify rule takes. */
export type Workplace = {
  readonly question: Question
  readonly inspection: Inspection | null
  readonly protectedPointers: readonly string[]
  readonly owners: ReadonlyMap<string, readonly string[]>
}

/** What a matched rule comes to: which parts it rewrites, whether it can, and whether an override holds it back. */
export function carryOut({ rule, truth }: Hit, workplace: Workplace): Match {
  const overriddenBy = overrideFor(rule.overrides, workplace.question)
  const edits = truth === true ? editsOf(rule, workplace) : truth
  if (edits instanceof RuleFault) return failed(rule, overriddenBy, edits)
  return { rule, report: overriddenBy === null ? rule.match : { ...rule.match, overriddenBy }, edits }
}

export function failed(
  rule: CompiledRule,
  overriddenBy: RuleMatch['overriddenBy'],
  { because }: RuleFault,
): Match {
  const reason = `${rule.match.reason} (not evaluated: ${because})`
  return { rule, report: { ...rule.match, reason, errored: true, overriddenBy }, edits: [] }
}

/** Whether what the rule wants is done, beyond being reported. */
export const acts = ({ mode, overriddenBy }: RuleMatch): boolean =>
  mode === 'enforce' && overriddenBy === null

const NONE: readonly Edit[] = []

function editsOf(
  rule: CompiledRule,
  { inspection, protectedPointers, owners }: Workplace,
): readonly Edit[] | RuleFault {
  if (rule.rewritings.size === 0) return NONE
  if (inspection === null) return NOT_INSPECTED
  if (inspection.fault !== null) return inspection.fault
  const edits = inspection.sightings.flatMap((sighting) => {
    const rewriting = rule.rewritings.get(sighting.signal)
    return rewriting === undefined || !concerns(rule, sighting, owners) ? [] : [{ sighting, rewriting }]
  })
  const isProtected = protectionOf(protectedPointers)
  const isBarred = ({ sighting }: Edit) => sighting.place !== 'text' || isProtected(sighting.path)
  return edits.some(isBarred) ? CANNOT_REWRITE : edits
}

export const NOT_INSPECTED = new RuleFault('the content was not inspected')

/** A key, a number or a protected member: rewriting it would change what the message means, leaving it would break the rule. */
const CANNOT_REWRITE = new RuleFault('a finding stands where nothing may be rewritten')

/** What another policy's pattern found is not for this rule. */
function concerns(
  { match }: CompiledRule,
  sighting: Sighting & { readonly policy?: string },
  owners: Workplace['owners'],
): boolean {
  return !sighting.signal.startsWith('pattern.') || policiesSeeing(sighting, owners).includes(match.policy)
}
