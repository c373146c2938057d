import { z } from 'zod'
import type { Action, Channel, Direction } from './action.ts'
import type { Json, JsonObject } from './json.ts'
import { Effect, PolicyMode } from './policy.ts'
import { PolicyId } from './id.ts'

/** What the engine answers for one question. */
export const Outcome = z.enum(['allow', 'deny', 'ask'])
export type Outcome = z.infer<typeof Outcome>

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
})
export type RuleMatch = z.infer<typeof RuleMatch>

/** What a detector saw, and never the text it saw. `path` is a JSON pointer (RFC 6901) into the content. */
export type Finding = {
  readonly signal: string
  readonly path: string
  readonly start: number
  readonly end: number
}

/** Everything that one decision may depend on: no clock, no randomness, no I/O. */
export type Question = {
  readonly agent: { readonly id: string; readonly name: string; readonly groups: readonly string[] }
  readonly human: { readonly id: string; readonly name: string; readonly groups: readonly string[] }
  readonly session: { readonly id: string }
  readonly connection: { readonly id: string; readonly name: string }
  /** access groups whose policies apply: those of the agent and of its human together */
  readonly groups: readonly string[]
  readonly action: Action
  readonly channel: Channel
  readonly direction: Direction
  /** arguments of a tool call or prompt; an empty object elsewhere */
  readonly args: JsonObject
  /** the inspected part of the message: params outbound; result, error or params inbound */
  readonly content: Json
}

/** `content` is what may pass: the very same reference unless `modified`. */
export type Decision = {
  readonly outcome: Outcome
  readonly matches: readonly RuleMatch[]
  readonly signals: readonly string[]
  readonly modified: boolean
  readonly content: Json
}
