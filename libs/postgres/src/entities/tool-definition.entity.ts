import type { BundleTool, ConnectionId, JsonObject, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A definition as its server showed it last, and as the tenant approved it. */
@Entity({ schema: 'writ', name: 'tool_definitions' })
export class ToolDefinition {
  @PrimaryColumn({ type: 'text', name: 'tenant_id' })
  tenantId!: TenantId

  @PrimaryColumn({ type: 'text', name: 'connection_id' })
  connectionId!: ConnectionId

  @PrimaryColumn({ type: 'text' })
  kind!: BundleTool['kind']

  @PrimaryColumn({ type: 'text' })
  name!: string

  @Column({ type: 'text' })
  pin!: string

  @Column({ type: 'text', name: 'content_pin' })
  contentPin!: string

  @Column({ type: 'text' })
  description!: string

  @Column({ type: 'jsonb' })
  annotations!: JsonObject

  @Column({ type: 'jsonb', name: 'input_schema', nullable: true })
  inputSchema!: JsonObject | null

  @Column({ type: 'timestamptz', name: 'first_seen_at', default: () => 'now()' })
  firstSeenAt!: Date

  @Column({ type: 'timestamptz', name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date

  @Column({ type: 'text', name: 'approved_pin', nullable: true })
  approvedPin!: string | null

  @Column({ type: 'text', name: 'approved_content_pin', nullable: true })
  approvedContentPin!: string | null

  @Column({ type: 'text', name: 'approved_description', nullable: true })
  approvedDescription!: string | null

  @Column({ type: 'jsonb', name: 'approved_annotations', nullable: true })
  approvedAnnotations!: JsonObject | null

  @Column({ type: 'jsonb', name: 'approved_input_schema', nullable: true })
  approvedInputSchema!: JsonObject | null

  @Column({ type: 'text', name: 'approved_by', nullable: true })
  approvedBy!: string | null

  @Column({ type: 'timestamptz', name: 'approved_at', nullable: true })
  approvedAt!: Date | null
}
