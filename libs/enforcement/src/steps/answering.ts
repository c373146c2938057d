import type { Message } from '@writ/mcp'
import type { Allowed } from '../stages.ts'
import { callBehind, isOfTask, taskAskedFor, taskToldOf } from './tasks.ts'
import type { TaskPorts } from './tasks.ts'

/** The message that opens a stream of the server's own, or takes up one that broke off. */
const RESUMED = 'http/get'

/**
 * The call as its answer is judged. On a stream that was taken up again an answer belongs to an earlier call, of which nothing is known
 * here: its words may be a stranger's. The result of a task is the answer to the call that began it, also where the server tells of it
 * unasked. Else a session would read them and not be marked, by hanging up and coming back for the rest.
 */
export async function answering(allowed: Allowed, message: Message, ports: TaskPorts): Promise<Allowed> {
  const told = taskToldOf(message)
  if (message.kind !== 'response' && told === null) return allowed
  if (told === null && isResumed(allowed.action.method)) return ofStranger(allowed)
  if (told === null && !isOfTask(allowed)) return allowed
  const behind = await callBehind(allowed, told ?? taskAskedFor(allowed), ports)
  return behind === null ? ofStranger(allowed) : { ...allowed, ...behind }
}

const ofStranger = (allowed: Allowed): Allowed => ({
  ...allowed,
  action: { ...allowed.action, class: 'read.untrusted', classSource: 'default' },
})

export const isResumed = (method: string): boolean => method === RESUMED

/** Whether an answer to a message of one method can be the answer to one of another. */
export const mayBelongTo = (method: string, other: string): boolean => method === other || isResumed(method)
