import type { MigrationInterface, QueryRunner } from 'typeorm'
import { renamedClass, withRenamedClasses } from './rename-classes.ts'
import { guardByTenant } from './row-security.ts'

/** What the policy engine needs of the tenant: settings of access groups, trust, overrides, approvals, the tool catalogue; new action classes. */
export class Engine1764000000006 implements MigrationInterface {
  name = 'Engine1764000000006'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SETTINGS)
    await runner.query(OVERRIDES)
    await runner.query(APPROVALS)
    await runner.query(TOOL_DEFINITIONS)
    for (const table of ['overrides', 'approvals', 'tool_definitions'])
      await runner.query(guardByTenant(table))
    await runner.query(GRANTS)
    await renameClasses(runner)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const SETTINGS = `
  alter table writ.access_groups
    add default_outcome text not null default 'allow' check (default_outcome in ('allow', 'deny')),
    add oversize text not null default 'deny' check (oversize in ('deny', 'flag', 'sample')),
    add approvers text not null default 'admins' check (approvers in ('admins', 'nobody'));
  alter table writ.connections
    add trust text not null default 'external' check (trust in ('internal', 'external')),
    add annotations_trusted boolean not null default false;
  alter table writ.policy_versions add cedar text;
  alter table writ.sessions add ended_by text, add ended_reason text;
`

// The principal is an agent, a human or an access group, so no foreign key can say which. A removed override stays: records name it.
const OVERRIDES = `
  create table writ.overrides (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    policy_id text not null,
    rule text not null,
    principal text not null,
    resource text not null,
    until timestamptz not null,
    reason text not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    removed_by text,
    removed_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, policy_id) references writ.policies (tenant_id, id)
  );
  create index overrides_in_force on writ.overrides (tenant_id, until) where removed_at is null;
`

// claim_sha256 covers session, agent, connection, tool, arguments and bundle. approvals_open: of one call at most one request is open,
// however many gateways claim it at once. The arguments themselves are nowhere.
const APPROVALS = `
  create table writ.approvals (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    state text not null default 'pending' check (state in ('pending', 'approved', 'refused', 'consumed', 'expired')),
    claim_sha256 text not null,
    session_id text not null,
    agent_id text not null,
    human_id text not null,
    connection_id text not null,
    tool text not null,
    args_sha256 text not null,
    bundle_version integer not null,
    bundle_sha256 text not null,
    policy_id text not null,
    rule text not null,
    reason text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    consumed_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, session_id) references writ.sessions (tenant_id, id),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id),
    foreign key (tenant_id, connection_id) references writ.connections (tenant_id, id),
    foreign key (tenant_id, bundle_version) references writ.bundles (tenant_id, version),
    foreign key (tenant_id, policy_id) references writ.policies (tenant_id, id)
  );
  create unique index approvals_open on writ.approvals (tenant_id, claim_sha256) where state in ('pending', 'approved');
  create index approvals_refused on writ.approvals (tenant_id, claim_sha256, expires_at) where state = 'refused';
  create index approvals_of_agent on writ.approvals (tenant_id, agent_id) where state = 'pending';
`

// What was seen last, and beside it what the tenant approved: a definition that changes keeps its approved form.
const TOOL_DEFINITIONS = `
  create table writ.tool_definitions (
    tenant_id text not null references writ.tenants (id),
    connection_id text not null,
    kind text not null check (kind in ('tool', 'prompt', 'resource', 'template', 'server')),
    name text not null check (length(name) <= 512),
    pin text not null,
    content_pin text not null,
    description text not null,
    annotations jsonb not null,
    input_schema jsonb,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    approved_pin text,
    approved_content_pin text,
    approved_annotations jsonb,
    approved_input_schema jsonb,
    approved_by text,
    approved_at timestamptz,
    primary key (tenant_id, connection_id, kind, name),
    foreign key (tenant_id, connection_id) references writ.connections (tenant_id, id),
    check ((approved_pin is null) = (approved_at is null))
  );
`

const GRANTS = `
  grant update (default_outcome, oversize, approvers) on writ.access_groups to writ_app;
  grant update (trust, annotations_trusted) on writ.connections to writ_app;
  grant update (ended_by, ended_reason) on writ.sessions to writ_app;
  grant select, insert, update (removed_by, removed_at) on writ.overrides to writ_app;
  grant select, insert, update (state, decided_by, decided_at, consumed_at) on writ.approvals to writ_app;
  grant select, insert, update (pin, content_pin, description, annotations, input_schema, last_seen_at, approved_pin,
    approved_content_pin, approved_annotations, approved_input_schema, approved_by, approved_at) on writ.tool_definitions to writ_app;
`

// Row security is forced on the owner too, and this is the one moment at which the owner rewrites rows of every tenant.
async function renameClasses(runner: QueryRunner): Promise<void> {
  await runner.query(`alter table writ.connections no force row level security;
    alter table writ.policy_versions no force row level security`)
  await renameToolClasses(runner)
  await renameInDocuments(runner)
  await runner.query(`alter table writ.connections force row level security;
    alter table writ.policy_versions force row level security`)
}

async function renameToolClasses(runner: QueryRunner): Promise<void> {
  const rows: { tenant_id: string; id: string; tool_classes: Record<string, string> }[] = await runner.query(
    `select tenant_id, id, tool_classes from writ.connections where tool_classes <> '{}'`,
  )
  for (const { tenant_id: tenant, id, tool_classes: classes } of rows) {
    const renamed = Object.fromEntries(
      Object.entries(classes).map(([tool, named]) => [tool, renamedClass(named)]),
    )
    await runner.query('update writ.connections set tool_classes = $3 where tenant_id = $1 and id = $2', [
      tenant,
      id,
      JSON.stringify(renamed),
    ])
  }
}

async function renameInDocuments(runner: QueryRunner): Promise<void> {
  const rows: { tenant_id: string; policy_id: string; version: number; document: unknown }[] =
    await runner.query(
      `select tenant_id, policy_id, version, document from writ.policy_versions where document::text like '%action.class%'`,
    )
  for (const { tenant_id: tenant, policy_id: policy, version, document } of rows)
    await runner.query(
      'update writ.policy_versions set document = $4 where tenant_id = $1 and policy_id = $2 and version = $3',
      [tenant, policy, version, JSON.stringify(withRenamedClasses(document))],
    )
}
