import { z } from 'zod'
import type { Action, Channel, Direction, PinStanding } from './action.ts'
import { Effect, PolicyMode } from './effect.ts'
import type { Label, Outcome } from './effect.ts'
import { OverrideId, PolicyId } from './id.ts'
import type { Json, JsonObject } from './json.ts'
import type { SessionState } from './session-state.ts'

/** One rule that matched, or that could not be evaluated and so counts as matched. */
export const RuleMatch = z.strictObject({
  policy: PolicyId,
  policyName: z.string(),
  policyVersion: z.int().positive(),
  rule: z.string(),
  effect: Effect,
  mode: PolicyMode,
  reason: z.string(),
  errored: z.boolean(),
  /** the override that kept the rule from acting */
  overriddenBy: OverrideId.nullable().default(null),
})
export type RuleMatch = z.infer<typeof RuleMatch>

/** What a detector saw, and never the text it saw. `path` is a JSON pointer (RFC 6901) into the content. */
export type Finding = {
  readonly signal: string
  readonly path: string
  readonly start: number
  readonly end: number
}

/** A human or an agent, with the access groups that it is in. */
export type PrincipalFacts = {
  readonly id: string
  readonly name: string
  readonly groups: readonly string[]
}

/** Everything that one decision may depend on: no clock, no randomness, no I/O. */
export type Question = {
  readonly agent: PrincipalFacts
  readonly human: PrincipalFacts
  /** who acts for whom: the human first, then delegating agents, this agent last */
  readonly chain: readonly PrincipalFacts[]
  /** `state` is null where the session's state could not be had: rules that need it then err */
  readonly session: { readonly id: string; readonly state: SessionState | null }
  readonly connection: {
    readonly id: string
    readonly name: string
    /** `internal`: the tenant's own; `external`: somebody else's */
    readonly trust: 'internal' | 'external'
  }
  readonly tool: { readonly pin: PinStanding; readonly annotations: JsonObject }
  /** access groups whose policies apply: those of the agent and of every human in the chain together */
  readonly groups: readonly string[]
  readonly action: Action
  readonly channel: Channel
  readonly direction: Direction
  /** arguments of a tool call or prompt; an empty object elsewhere */
  readonly args: JsonObject
  /** the inspected part of the message: params outbound; result, error or params inbound */
  readonly content: Json
  /** when it is asked, epoch milliseconds */
  readonly nowMs: number
}

/** `content` is what may pass: the very same reference unless `modified`. */
export type Decision = {
  readonly outcome: Outcome
  readonly matches: readonly RuleMatch[]
  readonly signals: readonly string[]
  readonly modified: boolean
  readonly content: Json
  /** no rule said so: the default of an access group is deny and no allow rule matched */
  readonly byDefault: boolean
  /** labels that the session gets by this decision, sorted */
  readonly labels: readonly Label[]
  /** how to ask, when the outcome is `ask`: the shortest of the matched rules */
  readonly ask: { readonly ttlSeconds: number; readonly waitSeconds: number } | null
}
