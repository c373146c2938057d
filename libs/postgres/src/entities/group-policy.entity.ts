import type { AccessGroupId, PolicyId, TenantId } from '@writ/contracts'
import { Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'group_policies' })
export class GroupPolicy {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text', name: 'group_id' })
  groupId!: AccessGroupId

  @PrimaryColumn({ type: 'text', name: 'policy_id' })
  policyId!: PolicyId
}
