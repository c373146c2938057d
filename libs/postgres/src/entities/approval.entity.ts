import type {
  AgentId,
  ApprovalId,
  ApprovalState,
  ConnectionId,
  HumanId,
  PolicyId,
  SessionId,
  TenantId,
} from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** One call that waits, or waited, for a person. */
@Entity({ schema: 'writ', name: 'approvals' })
export class Approval {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: ApprovalId

  @Column({ type: 'text', default: 'pending' })
  state!: ApprovalState

  /** over session, agent, connection, tool, arguments and bundle */
  @Column({ type: 'text', name: 'claim_sha256' })
  claimSha256!: string

  @Column({ type: 'text', name: 'session_id' })
  sessionId!: SessionId

  @Column({ type: 'text', name: 'agent_id' })
  agentId!: AgentId

  @Column({ type: 'text', name: 'human_id' })
  humanId!: HumanId

  /** null: an action on the device itself */
  @Column({ type: 'text', name: 'connection_id', nullable: true })
  connectionId!: ConnectionId | null

  @Column({ type: 'text' })
  tool!: string

  @Column({ type: 'text', name: 'args_sha256' })
  argsSha256!: string

  @Column({ type: 'integer', name: 'bundle_version' })
  bundleVersion!: number

  @Column({ type: 'text', name: 'bundle_sha256' })
  bundleSha256!: string

  @Column({ type: 'text', name: 'policy_id' })
  policyId!: PolicyId

  @Column({ type: 'text' })
  rule!: string

  @Column({ type: 'text' })
  reason!: string

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date

  @Column({ type: 'text', name: 'decided_by', nullable: true })
  decidedBy!: string | null

  @Column({ type: 'timestamptz', name: 'decided_at', nullable: true })
  decidedAt!: Date | null

  @Column({ type: 'timestamptz', name: 'consumed_at', nullable: true })
  consumedAt!: Date | null
}
