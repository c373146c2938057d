import type {
  ActionClass,
  ApiDescription,
  ConnectionApi,
  ConnectionId,
  Pinning,
  TenantId,
  UpstreamSettings,
} from '@writ/contracts'
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
  credentialKind!: 'none' | 'api-key' | 'client-certificate'

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

  @Column({ type: 'text', name: 'client_certificates', nullable: true })
  clientCertificates!: string | null

  @Column({ type: 'jsonb', default: {} })
  upstream!: UpstreamSettings

  @Column({ type: 'text', default: 'approval' })
  pinning!: Pinning

  @Column({ type: 'jsonb', nullable: true })
  api!: ApiDescription | null

  @Column({ type: 'jsonb', name: 'api_left_out', default: [] })
  apiLeftOut!: ConnectionApi['leftOut']

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true })
  deletedAt!: Date | null
}
