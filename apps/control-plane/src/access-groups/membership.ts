import type { AccessGroupId } from '@writ/contracts'
import { ProblemError } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** What can be put into access groups, by the table that links it and its column there. */
const LINKS = {
  agent: { table: 'group_agents', column: 'agent_id' },
  human: { table: 'group_humans', column: 'human_id' },
  policy: { table: 'group_policies', column: 'policy_id' },
  connection: { table: 'group_connections', column: 'connection_id' },
} as const
export type Member = keyof typeof LINKS

/** SQL: the settings of a group `p`, by their names in the contracts. */
export const GROUP_SETTINGS = 'p.default_outcome as "default", p.oversize, p.approvers'

/** SQL: the groups of a row `p` of that kind, as an array. */
export const groupsOf = (member: Member): string => {
  const { table, column } = LINKS[member]
  return `coalesce((select array_agg(m.group_id order by m.group_id) from writ.${table} m
    where m.tenant_id = p.tenant_id and m.${column} = p.id), '{}')`
}

/** SQL: the groups of a principal `p`; one that is in no group is in the default group. */
export const groupsOfPrincipal = (member: 'agent' | 'human'): string => {
  const { table, column } = LINKS[member]
  return `coalesce((select array_agg(m.group_id order by m.group_id) from writ.${table} m
    where m.tenant_id = p.tenant_id and m.${column} = p.id), array[(select g.id from writ.access_groups g
    where g.tenant_id = p.tenant_id and g.is_default)])`
}

/** Puts one thing into exactly these groups. */
export async function replaceGroups(
  db: TenantDb,
  member: Member,
  id: string,
  groups: readonly AccessGroupId[],
): Promise<void> {
  const { table, column } = LINKS[member]
  const wanted = [...new Set(groups)]
  await requireExisting(db, 'access_groups', wanted, 'groups')
  await db.rows(`delete from writ.${table} where tenant_id = $1 and ${column} = $2`, [id])
  await db.rows(
    `insert into writ.${table} (tenant_id, group_id, ${column}) select $1, g, $2 from unnest($3::text[]) g`,
    [id, wanted],
  )
}

/** Gives one group exactly these policies or connections. */
export async function replaceMembers(
  db: TenantDb,
  member: 'policy' | 'connection',
  group: AccessGroupId,
  ids: readonly string[],
): Promise<void> {
  const { table, column } = LINKS[member]
  const wanted = [...new Set(ids)]
  const field = member === 'policy' ? 'policies' : 'connections'
  await requireExisting(db, field, wanted, field)
  await db.rows(`delete from writ.${table} where tenant_id = $1 and group_id = $2`, [group])
  await db.rows(
    `insert into writ.${table} (tenant_id, group_id, ${column}) select $1, $2, m from unnest($3::text[]) m`,
    [group, wanted],
  )
}

/** Another tenant's ids answer exactly like ids that do not exist. */
async function requireExisting(
  db: TenantDb,
  table: 'access_groups' | 'policies' | 'connections',
  ids: readonly string[],
  field: string,
): Promise<void> {
  const alive = table === 'access_groups' ? '' : ' and deleted_at is null'
  const found = await db.rows<{ id: string }>(
    `select id from writ.${table} where tenant_id = $1 and id = any($2::text[])${alive} for key share`,
    [ids],
  )
  const known = new Set(found.map(({ id }) => id))
  const errors = ids
    .filter((id) => !known.has(id))
    .map(() => ({ path: field, message: 'there is no such id' }))
  if (errors.length > 0) {
    throw new ProblemError({ title: 'Not Found', status: 404, detail: 'there is nothing here', errors })
  }
}
