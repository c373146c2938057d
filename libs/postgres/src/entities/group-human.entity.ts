import type { AccessGroupId, HumanId, TenantId } from '@writ/contracts'
import { Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'group_humans' })
export class GroupHuman {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text', name: 'group_id' })
  groupId!: AccessGroupId

  @PrimaryColumn({ type: 'text', name: 'human_id' })
  humanId!: HumanId
}
