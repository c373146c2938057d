import type { AgentId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'enrolment_tokens' })
export class EnrolmentTokenRow {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text', name: 'agent_id' })
  agentId!: AgentId

  @Column({ type: 'text', name: 'secret_sha256' })
  secretSha256!: string

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date

  @Column({ type: 'timestamptz', name: 'used_at', nullable: true })
  usedAt!: Date | null
}
