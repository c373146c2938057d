import type { Message } from '@writ/mcp'
import type { Allowed } from '../stages.ts'

/** The message that opens a stream of the server's own, or takes up one that broke off. */
const RESUMED = 'http/get'

/**
 * The call as its answer is judged. On a stream that was taken up again an answer belongs to an earlier call, of which nothing is known
 * here: its words may be a stranger's. Else a session would read them and not be marked, by hanging up and coming back for the rest.
 */
export function answering(allowed: Allowed, message: Message): Allowed {
  const { action } = allowed
  if (message.kind !== 'response' || action.method !== RESUMED) return allowed
  return { ...allowed, action: { ...action, class: 'read.untrusted', classSource: 'default' } }
}

/** Whether an answer to a message of one method can be the answer to one of another. */
export const mayBelongTo = (method: string, other: string): boolean => method === other || method === RESUMED
