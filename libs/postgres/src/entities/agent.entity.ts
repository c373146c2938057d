import type { AgentId, HumanId, PublicJwk, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'agents' })
export class Agent {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: AgentId

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text', name: 'human_id' })
  humanId!: HumanId

  @Column({ type: 'text', default: 'invited' })
  status!: 'invited' | 'enrolled' | 'revoked'

  @Column({ type: 'jsonb', name: 'identity_jwk', nullable: true })
  identityJwk!: PublicJwk | null

  /** RFC 7638 */
  @Column({ type: 'text', name: 'identity_thumbprint', nullable: true })
  identityThumbprint!: string | null

  @Column({ type: 'integer', default: 0 })
  epoch!: number

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'enrolled_at', nullable: true })
  enrolledAt!: Date | null

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt!: Date | null
}
