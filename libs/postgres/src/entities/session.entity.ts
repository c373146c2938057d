import type { AgentId, GrantId, HumanId, SessionId, TenantId, ToolAuthorizations } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** One agent with one session key. */
@Entity({ schema: 'writ', name: 'sessions' })
export class Session {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: SessionId

  @Column({ type: 'text', name: 'agent_id' })
  agentId!: AgentId

  @Column({ type: 'text', name: 'human_id' })
  humanId!: HumanId

  @Column({ type: 'text', name: 'key_thumbprint' })
  keyThumbprint!: string

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'last_token_at', default: () => 'now()' })
  lastTokenAt!: Date

  @Column({ type: 'timestamptz', name: 'ended_at', nullable: true })
  endedAt!: Date | null

  /** the node or the API key that ended it; null when its agent was revoked or enrolled anew */
  @Column({ type: 'text', name: 'ended_by', nullable: true })
  endedBy!: string | null

  @Column({ type: 'text', name: 'ended_reason', nullable: true })
  endedReason!: string | null

  /** the session of the agent that delegated to this one; this one ends with it */
  @Column({ type: 'text', name: 'parent_session_id', nullable: true })
  parentSessionId!: SessionId | null

  /** what lets the agent act for a human who is not its owner */
  @Column({ type: 'text', name: 'grant_id', nullable: true })
  grantId!: GrantId | null

  @Column({ type: 'jsonb', name: 'authorization_details', nullable: true })
  authorizations!: ToolAuthorizations | null

  /** what its tokens are for; empty: any gateway of the tenant */
  @Column({ type: 'text', array: true, default: '{}' })
  resources!: string[]

  @Column({ type: 'timestamptz', name: 'auth_time', nullable: true })
  authTime!: Date | null

  @Column({ type: 'text', array: true, nullable: true })
  amr!: string[] | null

  @Column({ type: 'timestamptz', name: 'ends_at', nullable: true })
  endsAt!: Date | null
}
