import type { HumanId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'humans' })
export class Human {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: HumanId

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text' })
  email!: string

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date
}
