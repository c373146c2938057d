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

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date
}
