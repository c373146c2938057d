import { Action } from '@writ/contracts'
import type { AuditRecord, Channel, Direction, RecordedDecision } from '@writ/contracts'

/** One decision of the past: what was asked as far as records tell it, and what was answered. */
export type Recorded = {
  readonly id: string
  readonly at: string
  readonly channel: Channel
  readonly direction: Direction
  readonly agent: { readonly id: string; readonly name: string }
  readonly human: { readonly id: string; readonly name: string }
  readonly session: string
  readonly connection: { readonly id: string; readonly name: string }
  readonly action: Action
  readonly decision: RecordedDecision
}

/** The decisions in one record; none in one of a message that no policy was asked about, or whose class is one of before. */
export function decisionsIn(record: AuditRecord): readonly Recorded[] {
  const { kind, agent, human, connection } = record
  const action = Action.nullable().catch(null).parse(record.action)
  if (kind !== 'closed' || agent === null || human === null || connection === null || action === null)
    return []
  const asked = {
    id: record.decisionId,
    at: record.at,
    channel: record.channel,
    agent,
    human,
    session: record.session ?? '',
    connection,
    action,
  }
  return (['outbound', 'inbound'] as const).flatMap((direction) => {
    const decision = record[direction]
    return decision === null ? [] : [{ ...asked, direction, decision }]
  })
}
