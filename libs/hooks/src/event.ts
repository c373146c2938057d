import type { HookClient, HookMoment, Json, JsonObject, LocalAction } from '@writ/contracts'

/** What one call of a client's hook tells, in our words. */
export type HookEvent = {
  readonly client: HookClient
  /** the client's own name of the event, e.g. `PreToolUse` */
  readonly name: string
  readonly moment: HookMoment
  /** the client's own name of the conversation */
  readonly conversation: string | null
  /** as the client says it; absolute in all clients that say it */
  readonly cwd: string | null
  readonly workspaces: readonly string[]
  /** the client's own name of this use of the tool: the same before and after */
  readonly toolUse: string | null
  /** the client's own name of the tool */
  readonly tool: string | null
  /** the client's own name of the agent inside the conversation; null: the main one */
  readonly subagent: string | null
  /** the client says that nobody sits before it */
  readonly headless: boolean
  /** one or more of `before` and `after`, none otherwise */
  readonly actions: readonly LocalAction[]
  /** the tool's input as the client sent it; an input that is one text and no object stands in `text` */
  readonly input: JsonObject
  readonly inputIsText: boolean
  /** what the person wrote, of `prompt` */
  readonly prompt: string | null
  /** what came of the action, of `after` */
  readonly result: Json | null
}

/** Why a payload cannot be read as an event. */
export const FAULTS = {
  client_unknown: 'this client has no hooks that we know',
  payload_too_large: 'the hook payload is larger than the limit',
  payload_malformed: 'the hook payload is not well-formed JSON',
  payload_ambiguous: 'the hook payload could be read in more than one way',
  event_unknown: 'this event of the client is not known',
  event_unmediated: 'this event of the client tells of nothing that is mediated',
  event_malformed: 'the event does not have the form that the client documents',
} as const
export type FaultCode = keyof typeof FAULTS

/**
 * A payload that is no event. `answer` says what a daemon answers in enforce mode: `deny` for whatever may stop something, `ignore`
 * for an event that only tells of something.
 */
export type HookFault = {
  readonly fault: FaultCode
  /** our own words, never a piece of the payload */
  readonly detail: string
  readonly client: HookClient
  /** null: the payload does not say, or not readably */
  readonly name: string | null
  readonly answer: 'deny' | 'ignore'
}

export const isHookFault = (read: HookEvent | HookFault): read is HookFault => 'fault' in read

/** What the daemon decided of one event. */
export type HookVerdict = {
  readonly outcome: 'allow' | 'deny' | 'ask'
  /** not empty unless the outcome is `allow` */
  readonly reason: string
  readonly decisionId: string
  /** the id that a person approves, where the outcome is `ask` */
  readonly approval: string | null
  /** the tool's input, or the result after it, in place of the client's own; null: unchanged */
  readonly modified: JsonObject | null
}

/** What the hook client exits with and writes. */
export type HookReply = { readonly exit: number; readonly stdout: string; readonly stderr: string }
