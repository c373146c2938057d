import type { Decision, Refusal } from '@writ/contracts'
import type { NonceKeeper } from '@writ/identity'
import type { Answer, DenyingRule, Entry } from '../stages.ts'

/** What the agent may read of a refusal: its code and text, the rule where policy denied, and how to try again. */
export function refuse(refusal: Refusal, entry: Entry, nonces: NonceKeeper): Answer {
  return {
    kind: 'refusal',
    refusal,
    id: entry.message?.id ?? null,
    rule: ruleBehind(refusal, entry),
    nonce: refusal.code === 'nonce_required' ? nonces.current() : null,
  }
}

function ruleBehind(refusal: Refusal, entry: Entry): DenyingRule | null {
  if (refusal.code === 'response_denied') return strictestRule(entry.inbound)
  if (refusal.code === 'policy_denied' || refusal.code === 'approval_unavailable')
    return strictestRule(entry.outbound)
  return null
}

function strictestRule(decision: Decision | undefined): DenyingRule | null {
  const acting = decision?.matches.filter(({ mode }) => mode === 'enforce') ?? []
  const match =
    acting.find(({ effect }) => effect === 'deny') ??
    acting.find(({ errored }) => errored) ??
    acting.find(({ effect }) => effect === 'ask')
  return match ? { policy: match.policyName, rule: match.rule, reason: match.reason } : null
}
