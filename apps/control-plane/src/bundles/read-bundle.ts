import { SubjectKey } from '@writ/contracts'
import type { Bundle, BundleOverride, BundlePolicy } from '@writ/contracts'
import { GROUP_SETTINGS, groupsOf, groupsOfPrincipal } from '../access-groups/membership.ts'
import { hooksOf } from '../devices/hooks.ts'
import { namedEndings } from '../sessions/named-endings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { connectionsOf } from './read-connections.ts'

/** `issuerKeys`: those that were proven to be ours. The rows of the database alone are no reason to trust a key. */
export type Issue = {
  readonly version: number
  readonly issuedAt: Date
  readonly issuer: string
  readonly issuerKeys: Bundle['issuerKeys']
}

/** Builds the bundle of one tenant from its tables, as the open transaction sees them, but for its agents and humans. */
export async function readBundle(
  db: TenantDb,
  { version, issuedAt, issuer, issuerKeys }: Issue,
): Promise<Bundle> {
  const groups = await db.rows<GroupRow>(
    `select p.id, p.name, p.is_default, p.suspended_at is not null as suspended, ${GROUP_SETTINGS} from writ.access_groups p where p.tenant_id = $1 order by p.id`,
  )
  const defaultGroup = groups.find(({ is_default }) => is_default)
  if (!defaultGroup) throw new Error('a tenant has a default group')
  return {
    format: 'writ.bundle.v1',
    tenant: await tenantOf(db),
    version,
    issuedAt: issuedAt.toISOString(),
    issuer,
    issuerKeys,
    defaultGroup: defaultGroup.id,
    groups: groups.map(groupOf),
    agents: [],
    humans: [],
    revokedSessions: await namedEndings(db, issuedAt),
    revokedTokens: await revokedTokensOf(db, issuedAt),
    connections: await connectionsOf(db),
    policies: await policiesOf(db),
    overrides: await overridesOf(db, issuedAt),
    hooks: await hooksOf(db),
  }
}

/** Everybody who counts. */
export const readPrincipals = async (db: TenantDb): Promise<Pick<Bundle, 'agents' | 'humans'>> => ({
  agents: await agentsOf(db),
  humans: await humansOf(db),
})

/** How many they are. */
export async function principalsIn(db: TenantDb): Promise<number> {
  const row = await db.first<{ count: number }>(
    `select (select count(*)::int from writ.agents where tenant_id = $1 and status = 'enrolled')
          + (select count(*)::int from writ.humans where tenant_id = $1 and status = 'active') as count`,
  )
  return row?.count ?? 0
}

async function tenantOf(db: TenantDb): Promise<Bundle['tenant']> {
  const row = await db.first<Omit<Bundle['tenant'], 'id' | 'slug'> & { upstreamNetworks: string[] }>(
    `select epoch, suspended_at is not null as suspended, body_digest_required as "bodyDigestRequired",
       nonce_required as "nonceRequired", requests_per_second as "requestsPerSecond",
       records_full as "recordsFull", durability, excerpts, upstream_networks as "upstreamNetworks" from writ.tenants where id = $1`,
  )
  if (!row) throw new Error('an open tenant exists')
  const { upstreamNetworks, ...rest } = row
  return { ...db.tenant, ...rest, ...(upstreamNetworks.length > 0 && { upstreamNetworks }) }
}

const groupOf = ({
  id,
  name,
  suspended,
  default: byDefault,
  oversize,
  approvers,
}: GroupRow): Bundle['groups'][number] => ({
  id,
  name,
  default: byDefault,
  oversize,
  approvers,
  suspended,
})

type GroupRow = Bundle['groups'][number] & { is_default: boolean }

const agentsOf = (db: TenantDb): Promise<Bundle['agents']> =>
  db.rows(
    `select p.id, p.name, p.epoch, ${groupsOfPrincipal('agent')} as groups from writ.agents p
     where p.tenant_id = $1 and p.status = 'enrolled' order by p.id`,
  )

async function humansOf(db: TenantDb): Promise<Bundle['humans']> {
  const rows = await db.rows<HumanRow>(
    `select p.id, p.name, p.epoch, ${groupsOfPrincipal('human')} as groups,
       jsonb_build_object('id', k.id, 'publicKey', k.public_key, 'name', k.name) as subject
     from writ.humans p left join writ.subject_keys k on k.tenant_id = p.tenant_id and k.human_id = p.id and k.name is not null
     where p.tenant_id = $1 and p.status = 'active' order by p.id`,
  )
  return rows.map(({ subject, ...human }) => {
    const known = SubjectKey.safeParse(subject)
    return known.success ? { ...human, subject: known.data } : human
  })
}

type HumanRow = Bundle['humans'][number] & { readonly subject: unknown }

async function revokedTokensOf(db: TenantDb, at: Date): Promise<Bundle['revokedTokens']> {
  const rows = await db.rows<{ jti: string }>(
    'select jti from writ.revoked_tokens where tenant_id = $1 and expires_at > $2 order by jti',
    [at],
  )
  return rows.map(({ jti }) => jti)
}

/** Only what is attached to a group: the rest can apply to nobody. Tests were run when it was published. */
const policiesOf = (db: TenantDb): Promise<BundlePolicy[]> =>
  db.rows(
    `select p.id, p.name, v.version, v.document - 'tests' as document, ${groupsOf('policy')} as groups
     from writ.policies p join lateral (select n.version, n.document from writ.policy_versions n
       where n.tenant_id = p.tenant_id and n.policy_id = p.id order by n.version desc limit 1) v on true
     where p.tenant_id = $1 and p.deleted_at is null
       and exists (select 1 from writ.group_policies a where a.tenant_id = p.tenant_id and a.policy_id = p.id)
     order by p.id`,
  )

/** Those that end later: whoever decides looks at the clock too. */
async function overridesOf(db: TenantDb, at: Date): Promise<BundleOverride[]> {
  const rows = await db.rows<Omit<BundleOverride, 'until'> & { until: Date }>(
    `select o.id, o.policy_id as policy, o.rule, o.principal, o.resource, o.until
     from writ.overrides o join writ.policies p on p.tenant_id = o.tenant_id and p.id = o.policy_id
     where o.tenant_id = $1 and o.removed_at is null and o.until > $2 and p.deleted_at is null order by o.id`,
    [at],
  )
  return rows.map(({ until, ...row }) => ({ ...row, until: until.toISOString() }))
}
