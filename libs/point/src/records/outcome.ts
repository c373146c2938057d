import type { AuditRecord, RefusalCode } from '@writ/contracts'
import { REFUSALS } from '@writ/contracts'

const DENIED: ReadonlySet<RefusalCode> = new Set([
  'policy_denied',
  'response_denied',
  'connection_forbidden',
  'sandbox_refused',
  'approval_refused',
])

/** How a message ended, in one word: policy said no, somebody must be asked, it broke, or it was not acceptable. */
export function outcomeOf(code: RefusalCode | undefined): AuditRecord['outcome'] {
  if (code === undefined) return 'allow'
  if (DENIED.has(code)) return 'deny'
  if (code === 'session_aborted') return 'abort'
  if (code === 'approval_unavailable' || code === 'approval_required') return 'ask'
  return REFUSALS[code].http >= 500 ? 'failed' : 'refused'
}
