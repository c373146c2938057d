import type { PolicyId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The ids of the rules in the newest version of a policy; null when the tenant has no such policy. */
export async function currentRules(db: TenantDb, policy: PolicyId): Promise<readonly string[] | null> {
  const row = await db.first<{ rules: string[] }>(
    `select array(select r ->> 'id' from jsonb_array_elements(v.document -> 'rules') r) as rules
     from writ.policies p join writ.policy_versions v on v.tenant_id = p.tenant_id and v.policy_id = p.id
     where p.tenant_id = $1 and p.id = $2 and p.deleted_at is null order by v.version desc limit 1`,
    [policy],
  )
  return row?.rules ?? null
}
