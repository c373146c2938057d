import type { Direction, Json, Question, SessionState } from '@writ/contracts'
import type { Asked } from '../stages.ts'
import { groupsOf } from './groups.ts'
import { standingIn } from './tool.ts'

/** What changes between two questions about one message. */
export type Moment = { readonly state: SessionState | null; readonly nowMs: number }

/** The question that policy is asked about one direction of one message. */
export function questionOf(asked: Asked, direction: Direction, content: Json, moment: Moment): Question {
  const { caller, connection, action, args, tool } = asked
  return {
    agent: caller.agent,
    human: caller.human,
    chain: [caller.human, ...caller.delegators.toReversed(), caller.agent],
    session: { id: caller.session, state: moment.state },
    connection: { id: connection.id, name: connection.name, trust: connection.trust },
    tool: { ...tool, pin: standingIn(moment.state, asked) },
    groups: groupsOf(caller),
    action,
    channel: 'gateway',
    direction,
    args,
    content,
    nowMs: moment.nowMs,
  }
}
