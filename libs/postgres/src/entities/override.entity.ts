import type { OverrideId, PolicyId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'overrides' })
export class Override {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: OverrideId

  @Column({ type: 'text', name: 'policy_id' })
  policyId!: PolicyId

  @Column({ type: 'text' })
  rule!: string

  /** an agent, a human or an access group */
  @Column({ type: 'text' })
  principal!: string

  /** a glob */
  @Column({ type: 'text' })
  resource!: string

  @Column({ type: 'timestamptz' })
  until!: Date

  @Column({ type: 'text' })
  reason!: string

  @Column({ type: 'text', name: 'created_by' })
  createdBy!: string

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'text', name: 'removed_by', nullable: true })
  removedBy!: string | null

  @Column({ type: 'timestamptz', name: 'removed_at', nullable: true })
  removedAt!: Date | null
}
