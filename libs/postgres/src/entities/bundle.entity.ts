import type { TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'bundles' })
export class BundleRow {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'integer' })
  version!: number

  /** compact JWS */
  @Column({ type: 'text' })
  signed!: string

  @Column({ type: 'text' })
  sha256!: string

  @Column({ type: 'timestamptz', name: 'issued_at', default: () => 'now()' })
  issuedAt!: Date
}
