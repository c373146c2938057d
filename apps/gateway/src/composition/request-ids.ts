import type { Json } from '@writ/contracts'
import type { Composed, CompositionPorts } from './composed.ts'
import { callerOf } from './composed.ts'

/**
 * The id under which a request of the agent goes on to one connection: an answer says by it which connection it comes from, also on a
 * stream that is taken up again, where nobody remembers what was asked. The same request has the same id each time, so that it can be
 * cancelled.
 */
export const idAt = (connection: string, id: Json, composed: Composed, { seal }: CompositionPorts): string =>
  seal.seal('id', { connection, value: JSON.stringify(id) }, callerOf(composed))

/** The agent's own id behind it, as JSON; null for an id that was not given to this connection for this agent. */
export function ownId(
  connection: string,
  id: Json | undefined,
  composed: Composed,
  { seal }: CompositionPorts,
): string | null {
  const opened = typeof id === 'string' ? seal.open('id', id, callerOf(composed)) : null
  return opened?.connection === connection ? opened.value : null
}
