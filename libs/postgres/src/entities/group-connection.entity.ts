import type { AccessGroupId, ConnectionId, TenantId } from '@writ/contracts'
import { Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'group_connections' })
export class GroupConnection {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text', name: 'group_id' })
  groupId!: AccessGroupId

  @PrimaryColumn({ type: 'text', name: 'connection_id' })
  connectionId!: ConnectionId
}
