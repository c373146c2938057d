import type { AccessGroupId, GroupSettings, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'access_groups' })
export class AccessGroup {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: AccessGroupId

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'boolean', name: 'is_default', default: false })
  isDefault!: boolean

  @Column({ type: 'text', name: 'default_outcome', default: 'allow' })
  defaultOutcome!: GroupSettings['default']

  @Column({ type: 'text', default: 'deny' })
  oversize!: GroupSettings['oversize']

  @Column({ type: 'text', default: 'admins' })
  approvers!: GroupSettings['approvers']

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date
}
