import type { ActionClass, ConnectionId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'writ', name: 'connections' })
export class Connection {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text' })
  id!: ConnectionId

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text' })
  url!: string

  @Column({ type: 'text', name: 'credential_kind' })
  credentialKind!: 'none' | 'api-key'

  @Column({ type: 'text', name: 'credential_header', nullable: true })
  credentialHeader!: string | null

  @Column({ type: 'integer', name: 'credential_version', default: 0 })
  credentialVersion!: number

  @Column({ type: 'bytea', name: 'sealed_secret', nullable: true })
  sealedSecret!: Buffer | null

  @Column({ type: 'jsonb', name: 'tool_classes', default: {} })
  toolClasses!: Record<string, ActionClass>

  @Column({ type: 'text', default: 'external' })
  trust!: 'internal' | 'external'

  @Column({ type: 'boolean', name: 'annotations_trusted', default: false })
  annotationsTrusted!: boolean

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true })
  deletedAt!: Date | null
}
