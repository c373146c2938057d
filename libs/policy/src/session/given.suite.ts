import type { Action, ActionClass, BundlePolicy, Condition, JsonObject, SessionState } from '@writ/contracts'
import { SessionState as SessionStateSchema } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { RuleFault } from '../rule-fault.ts'
import type { SessionEvent } from './fold.ts'
import { foldSpecOf } from './plan.ts'
import type { FoldSpec, SessionPlan } from './plan.ts'

/** Shapes for the specs of sessions; what a spec overrides is its story. */

export const keys: ContentKeys = { tenant: new Uint8Array(32).fill(7), sessionId: `ses_${'0'.repeat(26)}` }

export const T0 = Date.UTC(2026, 10, 21, 10)

export const actionOf = (tool: string, actionClass: ActionClass, resource = `shop/${tool}`): Action => ({
  method: 'tools/call',
  tool,
  class: actionClass,
  classSource: 'admin',
  resource,
})

type Told = {
  readonly kind?: SessionEvent['kind']
  readonly tool?: string
  readonly class?: ActionClass
  readonly resource?: string
  readonly connection?: string
  readonly args?: JsonObject
}

export const eventAt = (nowMs: number, told: Told = {}): SessionEvent => ({
  kind: told.kind ?? 'call',
  nowMs,
  action: actionOf(told.tool ?? 'pay', told.class ?? 'money', told.resource),
  connection: { name: told.connection ?? 'shop' },
  args: told.args ?? {},
  keys,
})

export function specOf(condition: Parameters<typeof foldSpecOf>[0]): FoldSpec {
  const spec = foldSpecOf(condition)
  if (spec instanceof RuleFault) throw new TypeError(spec.because)
  return spec
}

export const planWith = (...folds: readonly FoldSpec[]): SessionPlan => ({
  folds,
  remembersValues: false,
  remembersSecrets: false,
})

export const policyAsking = (when: Condition): BundlePolicy => ({
  id: `pol_${'1'.repeat(26)}`,
  name: 'a policy',
  version: 1,
  groups: [],
  document: {
    writ: 1,
    mode: 'enforce',
    rules: [{ id: 'r', effect: 'deny', on: ['outbound'], when, reason: 'because' }],
  },
})

/** A state as a store would give it back. @throws when it does not keep to the schema */
export const stored = (state: SessionState): SessionState =>
  SessionStateSchema.parse(JSON.parse(JSON.stringify(state)))
