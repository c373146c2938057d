import { Action, legibleName } from '@writ/contracts'
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

/** The name that a human has now, by id; records hold names sealed. */
export type Names = ReadonlyMap<string, string>

const NO_NAMES: Names = new Map()

/**
 * The decisions in one record; none in one of a message that no policy was asked about, or whose class is one of before.
 * A human whose name is sealed and not known goes by their id.
 */
export function decisionsIn(record: AuditRecord, names: Names = NO_NAMES): readonly Recorded[] {
  const { kind, agent, human, connection } = record
  const action = Action.nullable().catch(null).parse(record.action)
  if (kind !== 'closed' || agent === null || human === null || connection === null || action === null)
    return []
  const asked = {
    id: record.decisionId,
    at: record.at,
    channel: record.channel,
    agent,
    human: { id: human.id, name: legibleName(human.name) ?? names.get(human.id) ?? human.id },
    session: record.session ?? '',
    connection,
    action,
  }
  return (['outbound', 'inbound'] as const).flatMap((direction) => {
    const decision = record[direction]
    return decision === null ? [] : [{ ...asked, direction, decision }]
  })
}
