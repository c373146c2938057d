import type { Json } from '@writ/contracts'
import type { LeafTrace, RuleTrace, Trace } from '../explain.ts'

/** A trace as lines for a person: each rule that was asked, each part of it, and the value that was read. */
export function explainLines({ decision, rules }: Trace): readonly string[] {
  const byDefault = decision.byDefault ? ' by default: no allow rule matched' : ''
  const asked = rules.length === 0 ? ['no rule applies'] : rules.flatMap(ruleLines)
  return [`outcome: ${decision.outcome}${byDefault}`, ...asked]
}

/** What is shown of one rule: of a trace of this process, or of one that the API sent. */
export type ShownRule = Pick<
  RuleTrace,
  'rule' | 'effect' | 'policyName' | 'mode' | 'overriddenBy' | 'truth' | 'because'
> & {
  readonly leaves: readonly ShownLeaf[]
}
type ShownLeaf = Omit<LeafTrace, 'value'> & { readonly value?: Json | undefined }

export function ruleLines(rule: ShownRule): readonly string[] {
  const { rule: id, effect, policyName, mode, overriddenBy, truth, because } = rule
  const marks = [
    ...(mode === 'shadow' ? ['shadow'] : []),
    ...(overriddenBy === null ? [] : [`overridden by ${overriddenBy}`]),
  ]
  const how = marks.length > 0 ? ` (${marks.join(', ')})` : ''
  return [
    `${effect} ${policyName} / ${id}${how}: ${VERDICTS[truth]}${reasonOf(because)}`,
    ...rule.leaves.map(leafLine),
  ]
}

const VERDICTS = { true: 'matches', false: 'does not match', fault: 'could not be evaluated' } as const

function leafLine({ at, path, op, operand, value, truth, because }: ShownLeaf): string {
  const wanted = isPath(operand) ? operand.to : clipped(operand)
  const read = because === null ? `read ${value === undefined ? 'nothing' : clipped(value)}` : because
  return `  ${truth}: ${path} ${op} ${wanted}, ${read}  [${at}]`
}

const isPath = (operand: LeafTrace['operand']): operand is { readonly to: string } =>
  typeof operand === 'object' && operand !== null && 'to' in operand && typeof operand.to === 'string'

const reasonOf = (because: string | null): string => (because === null ? '' : `: ${because}`)

const MOST_SHOWN = 160

function clipped(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}… (${text.length} characters)`
}
