import type { AuditRecord, RuleMatch } from '@writ/contracts'

/** The words that every mapping needs of a record: none of them is in the record itself. */

/** `opened` says what was decided before the effect; the others how it ended. */
export type Ending =
  | 'allowed'
  | 'flagged'
  | 'modified'
  | 'asked'
  | 'denied'
  | 'aborted'
  | 'refused'
  | 'failed'
  | 'unknown'

export function endingOf({ outcome, outbound, inbound }: AuditRecord): Ending {
  if (outcome !== 'allow') return NOT_ALLOWED[outcome]
  if (outbound?.modified === true || inbound?.modified === true) return 'modified'
  return actingMatchesOf(outbound, inbound).some(({ effect }) => effect === 'flag') ? 'flagged' : 'allowed'
}

const NOT_ALLOWED = {
  abort: 'aborted',
  ask: 'asked',
  deny: 'denied',
  failed: 'failed',
  refused: 'refused',
  unknown: 'unknown',
} as const

type Recorded = AuditRecord['outbound']

/** The rules that acted: in force and not overridden. */
const actingMatchesOf = (...decisions: readonly Recorded[]): RuleMatch[] =>
  decisions.flatMap(
    (decision) =>
      decision?.matches.filter(({ mode, overriddenBy }) => mode === 'enforce' && overriddenBy === null) ?? [],
  )

/** The strictest rule that acted; of rules that only would have acted, where there is no other, the first. */
export function decidingMatchOf({ outbound, inbound }: AuditRecord): RuleMatch | null {
  const acting = actingMatchesOf(outbound, inbound)
  const strictest = STRICTEST_FIRST.map((effect) => acting.find((match) => match.effect === effect)).find(
    Boolean,
  )
  return strictest ?? outbound?.matches[0] ?? inbound?.matches[0] ?? null
}

const STRICTEST_FIRST = ['abort', 'deny', 'ask', 'modify', 'flag', 'allow'] as const

/** From 0 (nothing to see) to 4. */
export type Severity = 0 | 1 | 2 | 3 | 4

export function severityOf(record: AuditRecord): Severity {
  const { finding, kind } = record
  if (finding !== null) return FINDINGS[finding.severity]
  return kind === 'stream_lost' ? 3 : ENDINGS[endingOf(record)]
}

const FINDINGS = { low: 2, medium: 3, high: 4 } as const
const ENDINGS = {
  allowed: 0,
  modified: 1,
  flagged: 2,
  asked: 1,
  failed: 2,
  refused: 2,
  unknown: 2,
  denied: 3,
  aborted: 4,
} as const

/** One line for a person. Names of things and ids only. */
export function sentenceOf(record: AuditRecord): string {
  const { administration, finding, kind } = record
  if (administration !== null) return `administered: ${administration.route}`
  if (finding !== null) return `found: ${finding.kind}`
  if (kind !== 'opened' && kind !== 'closed') return kind.replaceAll('_', ' ')
  return `${kind === 'opened' ? 'about to be ' : ''}${endingOf(record)}: ${whatOf(record)}${whyOf(record)}`
}

function whatOf({ action, connection }: AuditRecord): string {
  const what = action === null ? 'a message' : (action.tool ?? action.method)
  return connection === null ? what : `${what} at ${connection.name}`
}

function whyOf(record: AuditRecord): string {
  const match = decidingMatchOf(record)
  const why = record.refusal ?? (match && `${match.policyName}/${match.rule}`)
  return why === null ? '' : ` (${why})`
}
