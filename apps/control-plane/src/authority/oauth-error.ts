import type { Refusal, RefusalCode } from '@writ/contracts'

/** Error codes of the token endpoint (RFC 6749 §5.2, RFC 8707 §2, RFC 9449 §5 and §8; `slow_down` is of RFC 8628 §3.5). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_target'
  | 'invalid_dpop_proof'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'use_dpop_nonce'
  | 'slow_down'

/** A "no" of the token endpoint. `description` is for the agent's eyes. */
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
    this.status = STATUS[code] ?? 400
    this.headers = headers
  }
}

const STATUS: Partial<Record<OAuthErrorCode, number>> = { invalid_client: 401, slow_down: 429 }

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
}
