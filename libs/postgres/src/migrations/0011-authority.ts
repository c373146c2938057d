import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** What the authority keeps: delegated and narrowed sessions, grants of humans, codes, replaced keys, keys in waiting, and sequence numbers that tell a copy. */
export class Authority1764000000011 implements MigrationInterface {
  name = 'Authority1764000000011'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(AGENTS_AND_KEYS)
    await runner.query(GRANTS_OF_HUMANS)
    await runner.query(SESSIONS)
    await runner.query(CODES)
    for (const table of TABLES) await runner.query(guardByTenant(table))
    await runner.query(IDENTITY_KEY_TAKEN)
    await runner.query(PRIVILEGES)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const TABLES = ['identity_keys', 'grants', 'device_codes', 'authorization_codes']

// join_seq: what the next session says; join_seq_kept: whether this agent ever said it, and so must go on.
// identity_keys: every key that ever was an identity, so that none is one twice.
const AGENTS_AND_KEYS = `
  alter table writ.agents
    drop constraint agents_status_check,
    add constraint agents_status_check check (status in ('invited', 'enrolled', 'suspended', 'locked', 'revoked')),
    add join_seq integer not null default 0,
    add join_seq_kept boolean not null default false,
    add join_seq_stepped_back boolean not null default false,
    add locked_at timestamptz,
    add previous_identity_jwk jsonb,
    add previous_identity_thumbprint text,
    add previous_identity_until timestamptz;
  create table writ.identity_keys (
    tenant_id text not null references writ.tenants (id),
    thumbprint text not null,
    agent_id text not null,
    bound_at timestamptz not null default now(),
    primary key (tenant_id, thumbprint),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id)
  );
  create index identity_keys_of_agent on writ.identity_keys (tenant_id, agent_id);
  create index identity_keys_by_thumbprint on writ.identity_keys (thumbprint);
  create index agents_by_identity on writ.agents (identity_thumbprint);
  alter table writ.signing_keys add use_after timestamptz not null default now();
  alter table writ.revoked_tokens add agent_id text;
  create index revoked_tokens_of_agent on writ.revoked_tokens (tenant_id, agent_id);
`

const GRANTS_OF_HUMANS = `
  create table writ.grants (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    agent_id text not null,
    human_id text not null,
    authorization_details jsonb,
    granted_at timestamptz not null default now(),
    until timestamptz not null,
    revoked_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id)
  );
  create index grants_of_pair on writ.grants (tenant_id, agent_id, human_id);
  create index grants_of_human on writ.grants (tenant_id, human_id);
`

// sessions_of_parent: ending one ends those that it delegated to. sessions_of_key: a session key serves one session only.
const SESSIONS = `
  alter table writ.sessions
    add parent_session_id text,
    add grant_id text,
    add authorization_details jsonb,
    add resources text[] not null default '{}',
    add auth_time timestamptz,
    add amr text[],
    add ends_at timestamptz,
    add foreign key (tenant_id, parent_session_id) references writ.sessions (tenant_id, id),
    add foreign key (tenant_id, grant_id) references writ.grants (tenant_id, id);
  create index sessions_of_parent on writ.sessions (tenant_id, parent_session_id) where parent_session_id is not null;
  create index sessions_of_grant on writ.sessions (tenant_id, grant_id) where grant_id is not null;
  create index sessions_of_human on writ.sessions (tenant_id, human_id);
  create index sessions_of_key on writ.sessions (tenant_id, key_thumbprint);
`

// Of secrets only their hashes. A code is gone a while after it ended: see expires_at.
const CODES = `
  create table writ.device_codes (
    tenant_id text not null references writ.tenants (id),
    code_sha256 text not null,
    user_code text not null,
    agent_id text not null,
    key_thumbprint text,
    authorization_details jsonb,
    resources text[] not null default '{}',
    status text not null default 'pending' check (status in ('pending', 'approved', 'denied', 'used')),
    grant_id text,
    auth_time timestamptz,
    amr text[],
    interval_seconds integer not null,
    polled_at timestamptz,
    expires_at timestamptz not null,
    primary key (tenant_id, code_sha256),
    unique (tenant_id, user_code),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id),
    foreign key (tenant_id, grant_id) references writ.grants (tenant_id, id)
  );
  create index device_codes_of_agent on writ.device_codes (tenant_id, agent_id);
  create index device_codes_expired on writ.device_codes (tenant_id, expires_at);
  create table writ.authorization_codes (
    tenant_id text not null references writ.tenants (id),
    code_sha256 text not null,
    agent_id text not null,
    grant_id text not null,
    redirect_uri text not null,
    code_challenge text not null,
    key_thumbprint text,
    authorization_details jsonb,
    resources text[] not null default '{}',
    auth_time timestamptz not null,
    amr text[] not null,
    session_id text,
    expires_at timestamptz not null,
    primary key (tenant_id, code_sha256),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id),
    foreign key (tenant_id, grant_id) references writ.grants (tenant_id, id),
    foreign key (tenant_id, session_id) references writ.sessions (tenant_id, id)
  );
  create index authorization_codes_of_agent on writ.authorization_codes (tenant_id, agent_id);
  create index authorization_codes_expired on writ.authorization_codes (tenant_id, expires_at);
`

// Asked over all tenants: one key is one agent anywhere. Two that bind the same key at the same moment take turns at the lock.
const IDENTITY_KEY_TAKEN = `
  create policy agents_platform on writ.agents for select to writ_owner using (true);
  create policy identity_keys_platform on writ.identity_keys for select to writ_owner using (true);
  create function app.identity_key_taken(wanted text) returns boolean language sql volatile
    security definer set search_path = pg_catalog, pg_temp as $$
      select pg_advisory_xact_lock(hashtextextended('writ.identity_key ' || wanted, 0));
      select exists (select from writ.identity_keys where thumbprint = wanted)
          or exists (select from writ.agents where identity_thumbprint = wanted)
    $$;
  revoke execute on function app.identity_key_taken(text) from public;
  grant execute on function app.identity_key_taken(text) to writ_app;
`

const PRIVILEGES = `
  grant update (join_seq, join_seq_kept, join_seq_stepped_back, locked_at, previous_identity_jwk,
    previous_identity_thumbprint, previous_identity_until) on writ.agents to writ_app;
  grant select, insert on writ.identity_keys to writ_app;
  grant select, insert, update (revoked_at) on writ.grants to writ_app;
  grant select, insert, delete, update (status, grant_id, auth_time, amr, interval_seconds, polled_at) on writ.device_codes to writ_app;
  grant select, insert, delete, update (session_id) on writ.authorization_codes to writ_app;
`
