import type { AccessGroupId, AgentId, HumanId, SessionId, TenantId } from './id.ts'
import type { ToolAuthorizations } from './token.ts'

/** The proven trio behind one message, under its tenant. Only `identity` makes one. */
export type Caller = {
  readonly tenantId: TenantId
  readonly human: { readonly id: HumanId; readonly name: string; readonly groups: readonly AccessGroupId[] }
  /** `groups`: its access groups, the default group when it is in no other; never empty */
  readonly agent: { readonly id: AgentId; readonly name: string; readonly groups: readonly AccessGroupId[] }
  /** agents that delegated to this one, newest first; empty for an agent that acts for its human directly */
  readonly delegators: readonly {
    readonly id: AgentId
    readonly name: string
    readonly groups: readonly AccessGroupId[]
  }[]
  readonly session: SessionId
  /** session of the newest delegator, whose state this session inherits */
  readonly parentSession: SessionId | null
  /** sessions above that one, newest first */
  readonly olderSessions?: readonly SessionId[]
  /** what the token may be used for; null: whatever policy allows */
  readonly authorizations: ToolAuthorizations | null
  /** RFC 7638 thumbprint of the session key that signed the proof */
  readonly keyThumbprint: string
  /** epoch seconds at which the access token ends */
  readonly expiresAt: number
}
