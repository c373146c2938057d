import type { TenantLimits, TenantView } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

export async function tenantView(db: TenantDb): Promise<TenantView> {
  const row = await db.first<TenantRow>(SELECT)
  if (!row) throw new Error('an open tenant exists')
  const { suspended_at: at, suspended_by: by, ...view } = row
  return { ...view, suspended: at === null ? null : { at: at.toISOString(), by: by ?? 'owner' } }
}

type TenantRow = Omit<TenantView, 'suspended'> & {
  suspended_at: Date | null
  suspended_by: 'owner' | 'operator' | null
}

/** The limits, by their columns. */
export const LIMIT_COLUMNS: { readonly [limit in keyof TenantLimits]: string } = {
  agents: 'max_agents',
  humans: 'max_humans',
  connections: 'max_connections',
  policies: 'max_policies',
  accessGroups: 'max_access_groups',
  apiKeys: 'max_api_keys',
  requestsPerSecond: 'max_requests_per_second',
  records: 'max_records',
}

const LIMITS = Object.entries(LIMIT_COLUMNS).map(([limit, column]) => `'${limit}', ${column}`)

const SELECT = `select id, slug, name, bundle_version as "bundleVersion", default_group_id as "defaultGroup", suspended_at,
  suspended_by, json_build_object('bodyDigestRequired', body_digest_required, 'nonceRequired', nonce_required,
    'requestsPerSecond', requests_per_second, 'durability', durability, 'excerpts', excerpts) as settings, json_build_object(${LIMITS.join(', ')}) as limits,
  upstream_networks as "upstreamNetworks", json_build_object('kept', kept, 'mark', case when kept >= max_records then 'full' when kept >= max_records * 0.9 then 'near' else 'none' end)
    as records
  from writ.tenants, lateral (select coalesce((select size - removed from writ.tenant_logs where tenant_id = $1), 0) as kept) as ledger
  where id = $1`
