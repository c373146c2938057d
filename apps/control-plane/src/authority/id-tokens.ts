import type { HumanId } from '@writ/contracts'
import type { JWTPayload } from 'jose'
import type { OpenSsoConnection } from '../sso/relying-party.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Whom an ID token is about, and when and how they signed in. */
export type SubjectHuman = {
  readonly human: HumanId
  readonly authTime: Date
  readonly amr: readonly string[]
}

/** What an ID token says; null: the keys of its identity provider did not sign it, or it is for somebody else. */
export type VerifiedIdToken = {
  readonly connection: OpenSsoConnection
  readonly claims: JWTPayload | null
}

/** An identity provider is to be asked for its keys: what was done so far is rolled back, and done anew with what `ask` answers. */
export class ProviderUnasked extends Error {
  override readonly name = 'ProviderUnasked'
  readonly ask: () => Promise<VerifiedIdToken>

  constructor(ask: () => Promise<VerifiedIdToken>) {
    super('an identity provider is not asked while a transaction is open')
    this.ask = ask
  }
}

/** Knows the identity providers of a tenant. A port, injected by class. */
export abstract class IdTokens {
  /**
   * @param verified the same token, once its provider was asked
   * @returns null for a token that does not hold, is for somebody else, or is about nobody here: the caller cannot tell which
   * @throws ProviderUnasked
   */
  abstract humanOf(
    db: TenantDb,
    idToken: string,
    { nowMs, verified }: { readonly nowMs: number; readonly verified: VerifiedIdToken | null },
  ): Promise<SubjectHuman | null>
}
