import type { AccessGroupId, PolicyId } from '@writ/contracts'
import { groupsOf } from '../access-groups/membership.ts'
import { notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The groups that a draft would be attached to: those that are named, else those of the policy that it replaces. @throws 404 */
export async function attachedGroups(
  db: TenantDb,
  {
    policy,
    groups,
  }: { readonly policy?: PolicyId | undefined; readonly groups?: readonly AccessGroupId[] | undefined },
): Promise<readonly AccessGroupId[]> {
  if (policy === undefined) return groups ?? []
  const row = await db.first<{ groups: AccessGroupId[] }>(
    `select ${groupsOf('policy')} as groups from writ.policies p where p.tenant_id = $1 and p.id = $2 and p.deleted_at is null`,
    [policy],
  )
  if (!row) throw notFound()
  return groups ?? row.groups
}
