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
  status!: 'invited' | 'enrolled' | 'suspended' | 'locked' | 'revoked'

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

  /** what the assertion that begins the agent's next session says */
  @Column({ type: 'integer', name: 'join_seq', default: 0 })
  joinSeq!: number

  /** whether it ever said it, and so must go on */
  @Column({ type: 'boolean', name: 'join_seq_kept', default: false })
  joinSeqKept!: boolean

  /** whether it was one behind once */
  @Column({ type: 'boolean', name: 'join_seq_stepped_back', default: false })
  joinSeqSteppedBack!: boolean

  @Column({ type: 'timestamptz', name: 'locked_at', nullable: true })
  lockedAt!: Date | null

  /** the identity key before the last rotation, which counts for a while */
  @Column({ type: 'jsonb', name: 'previous_identity_jwk', nullable: true })
  previousIdentityJwk!: PublicJwk | null

  @Column({ type: 'text', name: 'previous_identity_thumbprint', nullable: true })
  previousIdentityThumbprint!: string | null

  @Column({ type: 'timestamptz', name: 'previous_identity_until', nullable: true })
  previousIdentityUntil!: Date | null
}
