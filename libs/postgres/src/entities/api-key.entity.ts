import type { Role, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'api_keys' })
export class ApiKey {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: string

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text' })
  role!: Role

  @Column({ type: 'text', name: 'secret_sha256' })
  secretSha256!: string

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt!: Date | null
}
