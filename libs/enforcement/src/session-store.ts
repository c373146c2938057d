import type { SessionId, SessionState, TenantId } from '@writ/contracts'

/** A session is one of its tenant's: the same id under another tenant is another session. */
export type SessionKey = { readonly tenant: TenantId; readonly session: SessionId }

/**
 * Where sessions are kept, one state each, for a day after they were last used. Both reject when the store cannot say, and then nothing
 * is known of the session: a state that could not be read is not an empty one.
 */
export type SessionStore = {
  /** Null: there is none. */
  readonly read: (key: SessionKey) => Promise<SessionState | null>
  /**
   * Compare and set: keeps `next` if the state is still at the version that it was made from, null standing for no state.
   * @returns whether it was kept; if not, somebody else was faster
   */
  readonly replace: (key: SessionKey, fromVersion: number | null, next: SessionState) => Promise<boolean>
}
