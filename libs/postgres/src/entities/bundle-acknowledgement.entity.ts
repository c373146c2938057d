import type { NodeId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'bundle_acknowledgements' })
export class BundleAcknowledgementRow {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text', name: 'node_id' })
  nodeId!: NodeId

  @PrimaryColumn({ type: 'integer' })
  version!: number

  @Column({ type: 'text' })
  outcome!: 'applied' | 'refused'

  @Column({ type: 'text' })
  detail!: string

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at!: Date
}
