import type { Direction, Json, Question, SessionState } from '@writ/contracts'
import type { Asking } from '../stages.ts'
import { groupsOf } from './groups.ts'
import { standingIn } from './tool.ts'

/** What changes between two questions about one message. */
export type Moment = { readonly state: SessionState | null; readonly nowMs: number }

/** The question that policy is asked about one direction of one message. */
export function questionOf(asking: Asking, direction: Direction, content: Json, moment: Moment): Question {
  const { caller, channel, connection, action, args, tool } = asking
  return {
    agent: caller.agent,
    human: caller.human,
    chain: [caller.human, ...caller.delegators.toReversed(), caller.agent],
    session: { id: caller.session, state: moment.state },
    connection: { id: connection.id ?? LOCAL, name: connection.name, trust: connection.trust },
    tool: { ...tool, pin: standingIn(moment.state, asking) },
    groups: groupsOf(caller),
    action,
    channel,
    direction,
    args,
    content,
    nowMs: moment.nowMs,
  }
}

/** What stands for the id of a connection that the tenant does not have. */
const LOCAL = 'local'
