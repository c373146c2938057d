import type { Direction, Json, Question } from '@writ/contracts'
import type { Asked } from '../stages.ts'

/** The question that policy is asked about one direction of one message. */
export function questionOf(asked: Asked, direction: Direction, content: Json): Question {
  const { caller, connection, action, args } = asked
  return {
    agent: caller.agent,
    human: caller.human,
    session: { id: caller.session },
    connection: { id: connection.id, name: connection.name },
    groups: [...new Set([...caller.agent.groups, ...caller.human.groups])],
    action,
    channel: 'gateway',
    direction,
    args,
    content,
  }
}
