import type { AccessGroupId, TenantId } from '@writ/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

/** Seen only under its own id: the scope of a new tenant is opened with the id that it is about to get. */
@Entity({ schema: 'writ', name: 'tenants' })
export class Tenant {
  @PrimaryColumn({ type: 'text' })
  id!: TenantId

  @Column({ type: 'text' })
  slug!: string

  @Column({ type: 'text' })
  name!: string

  /** checked at commit, so that tenant and group can be made in one transaction */
  @Column({ type: 'text', name: 'default_group_id' })
  defaultGroupId!: AccessGroupId

  @Column({ type: 'integer', name: 'bundle_version', default: 0 })
  bundleVersion!: number

  @Column({ type: 'text', array: true, name: 'upstream_networks', default: '{}' })
  upstreamNetworks!: string[]

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date
}
