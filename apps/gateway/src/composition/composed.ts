import type { Caller, DecisionId } from '@writ/contracts'
import type { Answer, Brakes, Received, Steps, Verified } from '@writ/enforcement'
import type { Message } from '@writ/mcp'
import type { NameMemory } from './name-memory.ts'
import type { CompositionSeal, SessionMember } from './seal.ts'

export type CompositionSettings = {
  /** more tools than this are found by searching instead of being listed; 0: all are listed, in pages */
  readonly toolsListed: number
  /** connections that one endpoint combines; those beyond, by name, are left out and named */
  readonly connections: number
  /** what has not answered by then is left out of a listing and named, milliseconds */
  readonly patienceMs: number
}

export type CompositionPorts = {
  /** the one way through, for one connection, with a caller that is proven already */
  readonly mediate: (received: Received, verify: Steps['verify']) => Promise<Answer>
  readonly newDecisionId: () => DecisionId
  readonly seal: CompositionSeal
  readonly names: NameMemory
  readonly brakes: Pick<Brakes, 'hasRoom' | 'called'>
  readonly settings: CompositionSettings
  /** named to agents as the version of the composed server */
  readonly build: string
}

/** One message to the composed server, read strictly, of a proven caller. */
export type Composed = {
  readonly verified: Verified
  readonly message: Message
  /** the message as it came; empty for GET and DELETE */
  readonly text: string
  readonly era: '2025' | '2026'
  /** the connections that it may reach, by name, each with what its own server said at the handshake */
  readonly members: readonly SessionMember[]
  /** connections of the caller that it cannot reach, and why: told to the agent wherever they would be missed */
  readonly missing: readonly Missing[]
  /** whoever has not answered by then is left out, of all that this message asks one after the other */
  readonly late: () => AbortSignal
}

/** A connection that is left out of an answer. */
export type Missing = { readonly connection: string; readonly reason: string }

export const receivedOf = ({ verified }: Composed): Received => verified.received
export const callerOf = ({ verified }: Composed): Caller => verified.caller
