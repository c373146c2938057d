import type { Refusal, RefusalCode } from '@writ/contracts'

/**
 * Error codes of the authority: RFC 6749 §4.1.2.1 and §5.2, RFC 7009 §2.2.1, RFC 8628 §3.5, RFC 8707 §2, RFC 9396 §5, RFC 9449 §5 and §8.
 */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_authorization_details'
  | 'invalid_dpop_proof'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'use_dpop_nonce'
  | 'access_denied'
  | 'authorization_pending'
  | 'expired_token'
  | 'slow_down'
  | 'temporarily_unavailable'

/** A "no" of the authority. `description` is for the agent's eyes. Thrown it takes everything back; returned, what it did stands. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly description: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: OAuthErrorCode, description: string, headers: Readonly<Record<string, string>> = {}) {
    super(code)
    this.code = code
    this.description = description
    this.status = statusOf(code, headers)
    this.headers = headers
  }
}

// `slow_down` has two meanings: too often for one code (RFC 8628 §3.5), and too much of anything, which says how long to wait.
function statusOf(code: OAuthErrorCode, headers: Readonly<Record<string, string>>): number {
  if (code === 'slow_down') return 'retry-after' in headers ? 429 : 400
  return STATUS[code] ?? 400
}

const STATUS: Partial<Record<OAuthErrorCode, number>> = { invalid_client: 401, temporarily_unavailable: 503 }

/** A refusal of a proof or an assertion, in the words of the token endpoint. @param nonce the one to use next time */
export function oauthErrorOf({ code, detail }: Refusal, nonce: string): OAuthError {
  const oauth = OAUTH_CODES[code] ?? 'invalid_request'
  return new OAuthError(oauth, detail, oauth === 'use_dpop_nonce' ? { 'dpop-nonce': nonce } : {})
}

const OAUTH_CODES: Partial<Record<RefusalCode, OAuthErrorCode>> = {
  client_invalid: 'invalid_client',
  proof_invalid: 'invalid_dpop_proof',
  proof_replayed: 'invalid_dpop_proof',
  nonce_required: 'use_dpop_nonce',
  replay_unavailable: 'temporarily_unavailable',
}
