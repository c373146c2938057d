import type { PublicJwk, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A key of the tenant's authority. */
@Entity({ schema: 'writ', name: 'signing_keys' })
export class SigningKey {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  kid!: string

  @Column({ type: 'jsonb', name: 'public_jwk' })
  publicJwk!: PublicJwk

  @Column({ type: 'bytea', name: 'sealed_private' })
  sealedPrivate!: Buffer

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  /** published before, so that every gateway knows it by then */
  @Column({ type: 'timestamptz', name: 'use_after', default: () => 'now()' })
  useAfter!: Date

  /** from when on it signs nothing; published for as long as what it signed may live */
  @Column({ type: 'timestamptz', name: 'retired_at', nullable: true })
  retiredAt!: Date | null
}
