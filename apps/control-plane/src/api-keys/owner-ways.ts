import type { HumanId } from '@writ/contracts'
import { conflict } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/**
 * Refuses a change after which no owner could come in any more. Ask it after the change, in its transaction: keys, roles, humans and
 * identity providers can all be the last way.
 * @throws 409
 */
export async function requireOwnerWayIn(db: TenantDb): Promise<void> {
  // Two changes at once would each count on the way that the other takes away.
  await db.rows('select 1 from writ.tenants where id = $1 for no key update')
  const way = await db.first<{ exists: boolean }>(OWNER_WAYS)
  if (!way?.exists)
    throw conflict('it is the last way in for an owner: make an owner key that does not expire first')
}

/** Whether this human is a way in of an owner: ask it before a change that may take it away, and `requireOwnerWayIn` after. */
export const isOwnerWayIn = async (db: TenantDb, human: HumanId): Promise<boolean> =>
  (await db.first(
    `select 1 ${OWNERS_WHO_SIGN_IN} and h.id = $2 union all select 1 ${OWNER_KEYS} and k.human_id = $2 limit 1`,
    [human],
  )) !== null

// A key that expires is no lasting way, and one that names a human counts while they do; a human comes in by an identity of a provider that is
// still there.
const OWNER_KEYS = `from writ.api_keys k left join writ.humans o on o.tenant_id = k.tenant_id and o.id = k.human_id
   where k.tenant_id = $1 and k.role = 'owner' and k.revoked_at is null and k.expires_at is null
     and (k.human_id is null or o.status = 'active')`
const OWNERS_WHO_SIGN_IN = `from writ.humans h
    join writ.human_identities i on i.tenant_id = h.tenant_id and i.human_id = h.id
    join writ.sso_connections s on s.tenant_id = i.tenant_id and s.issuer = i.issuer and s.deleted_at is null
   where h.tenant_id = $1 and h.status = 'active' and 'owner' = any(h.roles)`
const OWNER_WAYS = `select exists (select 1 ${OWNER_KEYS}) or exists (select 1 ${OWNERS_WHO_SIGN_IN}) as exists`
