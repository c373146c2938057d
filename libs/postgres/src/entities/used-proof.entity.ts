import type { TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A proof or assertion that the authority has accepted once. */
@Entity({ schema: 'writ', name: 'used_proofs' })
export class UsedProof {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  key!: string

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date
}
