import type { AccessGroupId, AgentId, HumanId, SessionId, TenantId } from './id.ts'

/** The proven trio behind one message, under its tenant. Only `identity` makes one. */
export type Caller = {
  readonly tenantId: TenantId
  readonly human: { readonly id: HumanId; readonly name: string; readonly groups: readonly AccessGroupId[] }
  /** `groups`: its access groups, the default group when it is in no other; never empty */
  readonly agent: { readonly id: AgentId; readonly name: string; readonly groups: readonly AccessGroupId[] }
  readonly session: SessionId
  /** RFC 7638 thumbprint of the session key that signed the proof */
  readonly keyThumbprint: string
  /** epoch seconds at which the access token ends */
  readonly expiresAt: number
}
