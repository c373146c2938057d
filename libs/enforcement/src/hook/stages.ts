import type { Understood } from '@writ/actions'
import type { ApprovalId, Caller, DecisionId, Json, RecordedLocal, Refusal } from '@writ/contracts'
import type { Arrived, CurrentBundle, DenyingRule, Place } from '../stages.ts'

/** One local action of one hook event, understood. `content` is what is inspected: the input before, the result after, the prompt. */
export type HookAsk = Arrived & {
  readonly moment: 'before' | 'after' | 'prompt'
  readonly understood: Understood
  readonly content: Json
  /** which client, which conversation, which use of which tool */
  readonly told: Pick<RecordedLocal, 'client' | 'conversation' | 'toolUse' | 'tool'>
  /** the MCP server that it goes to, by the name that the client has for it; null: it goes to none */
  readonly server: string | null
  /** the client can put a question to its person */
  readonly canAsk: boolean
  /** it does not happen, whatever the tier says, and so often it was tried: something else than policy holds it */
  readonly held?: { readonly times: number }
}

/** For whom a device acts, under which bundle. */
export type Acting = { readonly current: CurrentBundle; readonly caller: Caller }

/** What a client is told. `changed`: the input or result that may pass instead, null where it may pass as it is. */
export type HookAnswer = {
  readonly decisionId: DecisionId
  readonly outcome: 'allow' | 'ask' | 'deny'
  readonly refusal: Refusal | null
  readonly rule: DenyingRule | null
  readonly approval: ApprovalId | null
  readonly changed: Json | null
}

/** What a local action may pass as, or a question to the person at the device. */
export type Weighed = { readonly outcome: 'allow' | 'ask'; readonly changed: Json | null }

/** Where local actions go, as policies name it. */
export const ON_DEVICE: Place = { id: null, name: 'local', trust: 'internal', tools: [] }
