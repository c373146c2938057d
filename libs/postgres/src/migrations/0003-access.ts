import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Access groups, policies, connections, and the bundles made of them. */
export class Access1764000000003 implements MigrationInterface {
  name = 'Access1764000000003'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(POLICIES_AND_CONNECTIONS)
    await runner.query(ACCESS_GROUPS)
    for (const member of ['agent', 'human', 'policy', 'connection']) await runner.query(membership(member))
    await runner.query(BUNDLES)
    for (const table of TENANT_TABLES) await runner.query(guardByTenant(table))
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const TENANT_TABLES = [
  'policies',
  'policy_versions',
  'connections',
  'access_groups',
  'group_agents',
  'group_humans',
  'group_policies',
  'group_connections',
  'bundles',
  'bundle_acknowledgements',
]

// A deleted policy or connection stays, because records and old versions name it; its name is free again.
const POLICIES_AND_CONNECTIONS = `
  create table writ.policies (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    template text,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (tenant_id, id)
  );
  create unique index policies_name on writ.policies (tenant_id, name) where deleted_at is null;
  create table writ.policy_versions (
    tenant_id text not null references writ.tenants (id),
    policy_id text not null,
    version integer not null,
    document jsonb not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, policy_id, version),
    foreign key (tenant_id, policy_id) references writ.policies (tenant_id, id)
  );
  create table writ.connections (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    url text not null,
    credential_kind text not null check (credential_kind in ('none', 'api-key')),
    credential_header text,
    credential_version integer not null default 0,
    sealed_secret bytea,
    tool_classes jsonb not null default '{}',
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (tenant_id, id),
    check ((credential_kind = 'none') = (sealed_secret is null)),
    check ((credential_kind = 'none') = (credential_header is null))
  );
  create unique index connections_name on writ.connections (tenant_id, name) where deleted_at is null;
`

// access_groups_default: exactly one group of a tenant holds the unmapped.
const ACCESS_GROUPS = `
  create table writ.access_groups (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    is_default boolean not null default false,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
  );
  create unique index access_groups_name on writ.access_groups (tenant_id, name);
  create unique index access_groups_default on writ.access_groups (tenant_id) where is_default;
  alter table writ.tenants add constraint tenants_default_group
    foreign key (id, default_group_id) references writ.access_groups (tenant_id, id) deferrable initially deferred;
`

// The primary key serves "who is in this group", the second index "which groups hold this one".
const membership = (member: string): string => {
  const plural = member === 'policy' ? 'policies' : `${member}s`
  return `
    create table writ.group_${plural} (
      tenant_id text not null references writ.tenants (id),
      group_id text not null,
      ${member}_id text not null,
      primary key (tenant_id, group_id, ${member}_id),
      foreign key (tenant_id, group_id) references writ.access_groups (tenant_id, id) on delete cascade,
      foreign key (tenant_id, ${member}_id) references writ.${plural} (tenant_id, id)
    );
    create index group_${plural}_of on writ.group_${plural} (tenant_id, ${member}_id);
  `
}

const BUNDLES = `
  create table writ.bundles (
    tenant_id text not null references writ.tenants (id),
    version integer not null check (version > 0),
    signed text not null,
    sha256 text not null,
    issued_at timestamptz not null default now(),
    primary key (tenant_id, version)
  );
  create table writ.bundle_acknowledgements (
    tenant_id text not null references writ.tenants (id),
    node_id text not null references writ.nodes (id),
    version integer not null,
    outcome text not null check (outcome in ('applied', 'refused')),
    detail text not null,
    at timestamptz not null default now(),
    primary key (tenant_id, node_id, version)
  );
`

const GRANTS = `
  grant select, insert, update (name, deleted_at) on writ.policies to writ_app;
  grant select, insert on writ.policy_versions, writ.bundles to writ_app;
  grant select, insert, update (url, credential_kind, credential_header, credential_version, sealed_secret, tool_classes,
    deleted_at) on writ.connections to writ_app;
  grant select, insert, update (name), delete on writ.access_groups to writ_app;
  grant select, insert, delete on writ.group_agents, writ.group_humans, writ.group_policies, writ.group_connections to writ_app;
  grant select, insert, update (outcome, detail, at) on writ.bundle_acknowledgements to writ_app;
`
