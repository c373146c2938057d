import type { Composed, CompositionPorts } from './composed.ts'
import { callerOf } from './composed.ts'
import type { Asked, Writing } from './rewrite.ts'

/** How the names of one connection are written for the agent of a message. */
export const writingFor = (
  connection: string,
  composed: Composed,
  { seal }: CompositionPorts,
  asked: Asked | null = null,
): Writing => ({
  connection,
  asked,
  sealTask: (task) => seal.seal('task', { connection, value: task }, callerOf(composed)),
  sealState: (state) => seal.seal('state', { connection, value: state }, callerOf(composed)),
})
