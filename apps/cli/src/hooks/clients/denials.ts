import type { Json, JsonObject } from '@writ/contracts'

// What of a hook's JSON says no, for each way of saying it: the reason, or null where it does not say no, or not why.
// By hand and without a schema library: `writ run` reads the tables of clients before every start of an agent.

export const nestedDenial = ({ hookSpecificOutput }: JsonObject): string | null =>
  isObject(hookSpecificOutput) ? flatDenial(hookSpecificOutput) : null

export const flatDenial = ({ permissionDecision, permissionDecisionReason }: JsonObject): string | null =>
  permissionDecision === 'deny' ? reasonIn(permissionDecisionReason) : null

export const decisionDenial = ({ decision, reason }: JsonObject): string | null =>
  decision === 'deny' || decision === 'block' ? reasonIn(reason) : null

export const permissionDenial = ({ permission, user_message }: JsonObject): string | null =>
  permission === 'deny' ? reasonIn(user_message) : null

const reasonIn = (value: Json | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
