import type { AccessGroupId, AgentId, TenantId } from '@writ/contracts'
import { Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'group_agents' })
export class GroupAgent {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text', name: 'group_id' })
  groupId!: AccessGroupId

  @PrimaryColumn({ type: 'text', name: 'agent_id' })
  agentId!: AgentId
}
