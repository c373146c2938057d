import type { TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** The data key of a tenant, wrapped by the master key. */
@Entity({ schema: 'writ', name: 'tenant_keys' })
export class TenantKey {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'integer' })
  version!: number

  @Column({ type: 'bytea', name: 'wrapped_dek' })
  wrappedDek!: Buffer

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date
}
