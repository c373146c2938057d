import type { PolicyId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'policies' })
export class Policy {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: PolicyId

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text', nullable: true })
  template!: string | null

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true })
  deletedAt!: Date | null
}
