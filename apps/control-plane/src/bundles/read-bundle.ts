import type { Bundle, BundleConnection, BundlePolicy } from '@writ/contracts'
import { groupsOf, groupsOfPrincipal } from '../access-groups/membership.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Longer than any access token lives (300 s): a session that ended before that is in no token any more. */
const SESSION_MEMORY_MS = 600_000

export type Issue = { readonly version: number; readonly issuedAt: Date; readonly issuer: string }

/** Builds the bundle of one tenant from its tables, as the open transaction sees them. */
export async function readBundle(db: TenantDb, { version, issuedAt, issuer }: Issue): Promise<Bundle> {
  const groups = await db.rows<GroupRow>(
    'select id, name, is_default from writ.access_groups where tenant_id = $1 order by id',
  )
  const defaultGroup = groups.find(({ is_default }) => is_default)
  if (!defaultGroup) throw new Error('a tenant has a default group')
  const since = new Date(issuedAt.getTime() - SESSION_MEMORY_MS)
  return {
    format: 'writ.bundle.v1',
    tenant: { id: db.tenant.id, slug: db.tenant.slug },
    version,
    issuedAt: issuedAt.toISOString(),
    issuer,
    issuerKeys: await issuerKeysOf(db, since),
    defaultGroup: defaultGroup.id,
    groups: groups.map(({ id, name }) => ({ id, name })),
    agents: await agentsOf(db),
    humans: await humansOf(db),
    revokedSessions: await endedSessionsOf(db, since),
    connections: await connectionsOf(db),
    policies: await policiesOf(db),
  }
}

type GroupRow = Bundle['groups'][number] & { is_default: boolean }

const issuerKeysOf = (db: TenantDb, since: Date): Promise<Bundle['issuerKeys']> =>
  db.rows(
    `select kid, public_jwk as key from writ.signing_keys
     where tenant_id = $1 and (retired_at is null or retired_at > $2) order by created_at, kid`,
    [since],
  )

const agentsOf = (db: TenantDb): Promise<Bundle['agents']> =>
  db.rows(
    `select p.id, p.name, p.epoch, ${groupsOfPrincipal('agent')} as groups from writ.agents p
     where p.tenant_id = $1 and p.status = 'enrolled' order by p.id`,
  )

const humansOf = (db: TenantDb): Promise<Bundle['humans']> =>
  db.rows(
    `select p.id, p.name, ${groupsOfPrincipal('human')} as groups from writ.humans p where p.tenant_id = $1 order by p.id`,
  )

/**
 * Only those that nothing else ends. A revoked agent is in no bundle, and an enrolment makes a new epoch: the tokens of either
 * are over without their sessions being named. So an agent cannot fill the bundle with sessions and stop its own revocation.
 */
async function endedSessionsOf(db: TenantDb, since: Date): Promise<Bundle['revokedSessions']> {
  const rows = await db.rows<{ id: Bundle['revokedSessions'][number] }>(
    `select s.id from writ.sessions s join writ.agents a on a.tenant_id = s.tenant_id and a.id = s.agent_id
     where s.tenant_id = $1 and a.status = 'enrolled' and s.ended_at > a.enrolled_at and s.last_token_at > $2
     order by s.id`,
    [since],
  )
  return rows.map(({ id }) => id)
}

async function connectionsOf(db: TenantDb): Promise<BundleConnection[]> {
  const rows = await db.rows<ConnectionRow>(
    `select p.id, p.name, p.url, p.credential_header, p.credential_version, p.tool_classes, ${groupsOf('connection')} as groups
     from writ.connections p where p.tenant_id = $1 and p.deleted_at is null order by p.id`,
  )
  return rows.map(({ id, name, url, groups, tool_classes, credential_header, credential_version }) => ({
    id,
    name,
    url,
    credential:
      credential_header === null
        ? { kind: 'none' }
        : { kind: 'api-key', header: credential_header, version: credential_version },
    groups,
    toolClasses: tool_classes,
  }))
}

type ConnectionRow = Pick<BundleConnection, 'id' | 'name' | 'url' | 'groups'> & {
  credential_header: string | null
  credential_version: number
  tool_classes: BundleConnection['toolClasses']
}

/** Only what is attached to a group: the rest can apply to nobody. */
const policiesOf = (db: TenantDb): Promise<BundlePolicy[]> =>
  db.rows(
    `select p.id, p.name, v.version, v.document, ${groupsOf('policy')} as groups
     from writ.policies p join lateral (select n.version, n.document from writ.policy_versions n
       where n.tenant_id = p.tenant_id and n.policy_id = p.id order by n.version desc limit 1) v on true
     where p.tenant_id = $1 and p.deleted_at is null
       and exists (select 1 from writ.group_policies a where a.tenant_id = p.tenant_id and a.policy_id = p.id)
     order by p.id`,
  )
