import type { SessionId, ToolAuthorizations } from '@writ/contracts'
import type { ProvenKey, ReplayGuard } from '@writ/identity'
import type { TenantDb } from '../../tenancy/tenant-db.ts'
import type { AuthenticAgent } from '../authenticate-agent.ts'
import type { Parameters } from '../form.ts'
import type { VerifiedIdToken } from '../id-tokens.ts'
import type { OAuthError } from '../oauth-error.ts'
import type { Beginning } from '../sessions.ts'

/** What a grant is judged by, once client and session key have proven themselves. */
export type GrantRequest = {
  readonly db: TenantDb
  readonly form: Parameters
  readonly issuer: string
  readonly agent: AuthenticAgent
  readonly key: ProvenKey
  /** what the request narrows itself to */
  readonly authorizations: ToolAuthorizations | null
  readonly replay: ReplayGuard
  /** the ID token that stands in the form, once its identity provider was asked */
  readonly verified: VerifiedIdToken | null
  readonly nowMs: number
}

/** What a grant is good for: the session that it begins. */
export type Granted = {
  readonly beginning: Beginning
  readonly issuedTokenType?: string
  /** what is noted of the grant once its session stands */
  readonly noteSession?: (session: SessionId) => Promise<void>
}

/** Thrown, a refusal takes everything back; returned, what it did stands. */
export type Grant = (request: GrantRequest) => Promise<Granted | OAuthError>
