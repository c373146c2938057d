import type { Decision } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { SessionEnder } from '../ports.ts'
import type { Asking } from '../stages.ts'

/** Ends the session of a message that an abort rule matched: from here on for this gateway's tenant, and everywhere once the bundle says so. */
export function abortSession(
  decision: Decision,
  { current, caller }: Asking,
  { sessionEnder }: { readonly sessionEnder: SessionEnder },
): Refusal {
  const rule = abortingRule(decision)
  sessionEnder.end(caller.session, {
    tenant: current.bundle.tenant.slug,
    reason: `policy aborted it: ${rule}`,
  })
  return new Refusal('session_aborted')
}

/** `policy/rule` of the rule that aborts, for the session's state and the control plane. */
export function abortingRule({ matches }: Decision): string {
  const match = matches.find(
    ({ effect, mode, errored, overriddenBy }) =>
      effect === 'abort' && mode === 'enforce' && !errored && overriddenBy === null,
  )
  return match ? `${match.policyName}/${match.rule}` : 'an abort rule'
}
