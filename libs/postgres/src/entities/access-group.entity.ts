import type { AccessGroupId, TenantId } from '@writ/contracts'
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

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date
}
