import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** How humans get in: identity providers, proven domains, browser sessions, owner links, directories; and what roles they have. */
export class People1764000000009 implements MigrationInterface {
  name = 'People1764000000009'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SIGN_IN)
    await runner.query(SESSIONS)
    await runner.query(DIRECTORIES)
    for (const table of TABLES) await runner.query(guardByTenant(table))
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const TABLES = [
  'sso_connections',
  'sso_domains',
  'human_identities',
  'human_sessions',
  'sign_ins',
  'owner_links',
  'directories',
  'directory_users',
  'directory_groups',
]

// One live connection of an issuer: issuer and subject are then one human. A removed one keeps its row, sessions point at it.
const SIGN_IN = `
  alter table writ.humans add roles text[] not null default '{}'
    check (roles <@ array['owner', 'admin', 'security', 'approver', 'auditor', 'developer']);
  create table writ.sso_connections (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    issuer text not null,
    client_id text not null,
    sealed_secret bytea not null,
    secret_version integer not null default 1,
    scopes text[] not null,
    jit boolean not null,
    created_at timestamptz not null,
    deleted_at timestamptz,
    primary key (tenant_id, id)
  );
  create unique index sso_connections_name on writ.sso_connections (tenant_id, name) where deleted_at is null;
  create unique index sso_connections_issuer on writ.sso_connections (tenant_id, issuer) where deleted_at is null;
  create table writ.sso_domains (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    domain text not null,
    sso_id text not null,
    token text not null,
    created_at timestamptz not null,
    checked_at timestamptz,
    proven_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, domain),
    foreign key (tenant_id, sso_id) references writ.sso_connections (tenant_id, id)
  );
  create table writ.human_identities (
    tenant_id text not null references writ.tenants (id),
    issuer text not null,
    subject text not null check (length(subject) <= 255),
    human_id text not null,
    created_at timestamptz not null,
    primary key (tenant_id, issuer, subject),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id)
  );
  create index human_identities_of_human on writ.human_identities (tenant_id, human_id);
`

// What a cookie holds is here by its hash only. sign_ins: a sign-in under way; state, nonce and verifier are derived from the cookie.
const SESSIONS = `
  create table writ.human_sessions (
    tenant_id text not null references writ.tenants (id),
    id_sha256 text not null,
    human_id text not null,
    sso_id text,
    idp_session text check (length(idp_session) <= 255),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    auth_time timestamptz,
    amr text[] not null default '{}',
    primary key (tenant_id, id_sha256),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id),
    foreign key (tenant_id, sso_id) references writ.sso_connections (tenant_id, id)
  );
  create index human_sessions_of_human on writ.human_sessions (tenant_id, human_id);
  create index human_sessions_of_idp on writ.human_sessions (tenant_id, sso_id, idp_session);
  create table writ.sign_ins (
    tenant_id text not null references writ.tenants (id),
    id_sha256 text not null,
    sso_id text not null,
    return_to text not null,
    fresh boolean not null,
    expires_at timestamptz not null,
    primary key (tenant_id, id_sha256),
    foreign key (tenant_id, sso_id) references writ.sso_connections (tenant_id, id)
  );
  create index sign_ins_expired on writ.sign_ins (tenant_id, expires_at);
  create table writ.owner_links (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    human_id text not null,
    secret_sha256 text not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id)
  );
`

// A user that the directory deleted keeps its row: when it comes back, it is the same human.
const DIRECTORIES = `
  create table writ.directories (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    secret_sha256 text not null,
    subjects_of text,
    created_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, subjects_of) references writ.sso_connections (tenant_id, id)
  );
  create unique index directories_name on writ.directories (tenant_id, name) where revoked_at is null;
  create table writ.directory_users (
    tenant_id text not null references writ.tenants (id),
    human_id text not null,
    directory_id text not null,
    user_name text not null,
    external_id text,
    resource jsonb not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    deleted_at timestamptz,
    primary key (tenant_id, human_id),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id),
    foreign key (tenant_id, directory_id) references writ.directories (tenant_id, id)
  );
  create unique index directory_users_name on writ.directory_users (tenant_id, directory_id, lower(user_name));
  create index directory_users_external on writ.directory_users (tenant_id, directory_id, external_id);
  create table writ.directory_groups (
    tenant_id text not null references writ.tenants (id),
    group_id text not null,
    directory_id text not null,
    external_id text,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (tenant_id, group_id),
    foreign key (tenant_id, group_id) references writ.access_groups (tenant_id, id) on delete cascade,
    foreign key (tenant_id, directory_id) references writ.directories (tenant_id, id)
  );
`

const GRANTS = `
  grant update (roles) on writ.humans to writ_app;
  grant select, insert, update (name, client_id, sealed_secret, secret_version, scopes, jit, deleted_at)
    on writ.sso_connections to writ_app;
  grant select, insert, delete, update (checked_at, proven_at) on writ.sso_domains to writ_app;
  grant select, insert, delete on writ.human_identities to writ_app;
  grant select, insert, delete, update (last_seen_at) on writ.human_sessions to writ_app;
  grant select, insert, delete on writ.sign_ins to writ_app;
  grant select, insert, delete, update (used_at) on writ.owner_links to writ_app;
  grant select, insert, update (secret_sha256, last_used_at, revoked_at) on writ.directories to writ_app;
  grant select, insert, update (user_name, external_id, resource, changed_at, deleted_at) on writ.directory_users to writ_app;
  grant select, insert, update (external_id, changed_at) on writ.directory_groups to writ_app;
`
