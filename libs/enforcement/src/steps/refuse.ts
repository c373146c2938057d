import type { Decision, JsonObject, Refusal, RefusalCode } from '@writ/contracts'
import type { MessageLimits } from '@writ/mcp'
import { idOfUnread } from '@writ/mcp'
import type { ReadPorts } from './read.ts'
import type { VerifyPorts } from './verify.ts'
import type { Answer, AnyEntry, DenyingRule, Entry } from '../stages.ts'

export type RefusePorts = Pick<VerifyPorts, 'noncesFor'> & Pick<ReadPorts, 'requestLimits'>

/** What the agent may read of a refusal: its code and text, the rule where policy denied, and how to try again. */
export function refuse(refusal: Refusal, entry: Entry, { noncesFor, requestLimits }: RefusePorts): Answer {
  return {
    kind: 'refusal',
    refusal,
    id: entry.message ? entry.message.id : idAnswered(refusal, entry, requestLimits),
    data: refusalData(refusal, entry),
    rule: ruleBehind(refusal, entry),
    nonce: refusal.code === 'nonce_required' ? noncesFor(entry.received.resource, true).current() : null,
    retryAfterSeconds:
      refusal.code === 'rate_limited' ? (entry.limit?.seconds ?? null) : (refusal.retryAfterSeconds ?? null),
  }
}

/** Of a message that could not be read: only where its caller was proven before. */
function idAnswered({ code }: Refusal, { received }: Entry, limits: MessageLimits): string | number | null {
  return code === 'message_malformed' ? idOfUnread(received.body, limits) : null
}

/** The `data` of the JSON-RPC error: why, by which rule where policy denied, and the decision to ask an admin about. */
export function refusalData(refusal: Refusal, entry: AnyEntry): JsonObject {
  const rule = ruleBehind(refusal, entry)
  const { decisionId } = entry.received
  const approval = entry.approval ? { approval: entry.approval } : {}
  return rule ? { ...rule, ...approval, decisionId } : { reason: refusal.detail, decisionId }
}

/** The rule that was the reason of a refusal. */
export function ruleBehind(refusal: Refusal, entry: AnyEntry): DenyingRule | null {
  if (refusal.code === 'response_denied') return strictestRule(entry.inbound)
  if (refusal.code === 'session_aborted') return strictestRule(entry.inbound ?? entry.outbound)
  return BY_POLICY.has(refusal.code) ? strictestRule(entry.outbound) : null
}

const BY_POLICY: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'policy_denied',
  'approval_required',
  'approval_refused',
  'approval_unavailable',
])

function strictestRule(decision: Decision | undefined): DenyingRule | null {
  const acting =
    decision?.matches.filter(({ mode, overriddenBy }) => mode === 'enforce' && overriddenBy === null) ?? []
  const match =
    acting.find(({ effect, errored }) => effect === 'abort' && !errored) ??
    acting.find(({ effect }) => effect === 'deny') ??
    acting.find(({ errored }) => errored) ??
    acting.find(({ effect }) => effect === 'ask')
  return match ? { policy: match.policyName, rule: match.rule, reason: match.reason } : null
}
