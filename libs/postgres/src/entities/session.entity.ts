import type { AgentId, HumanId, SessionId, TenantId } from '@writ/contracts'
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
}
