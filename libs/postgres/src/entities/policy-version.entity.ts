import type { PolicyDocument, PolicyId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'policy_versions' })
export class PolicyVersion {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text', name: 'policy_id' })
  policyId!: PolicyId

  @PrimaryColumn({ type: 'integer' })
  version!: number

  @Column({ type: 'jsonb' })
  document!: PolicyDocument

  /** the text that the document was made from, where that was Cedar */
  @Column({ type: 'text', nullable: true })
  cedar!: string | null

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date
}
