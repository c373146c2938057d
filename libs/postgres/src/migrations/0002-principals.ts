import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Humans, agents, how agents enrol, and their sessions. */
export class Principals1764000000002 implements MigrationInterface {
  name = 'Principals1764000000002'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PRINCIPALS)
    await runner.query(ENROLMENT_AND_SESSIONS)
    for (const table of ['humans', 'agents', 'enrolment_tokens', 'sessions', 'used_proofs'])
      await runner.query(guardByTenant(table))
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// Names and keys are unique within a tenant: `explain` takes names, and one identity key is one agent. A revoked agent frees its
// name but not its key.
const PRINCIPALS = `
  create table writ.humans (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    email text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
  );
  create unique index humans_email on writ.humans (tenant_id, lower(email));
  create table writ.agents (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    human_id text not null,
    status text not null default 'invited' check (status in ('invited', 'enrolled', 'revoked')),
    identity_jwk jsonb,
    identity_thumbprint text,
    epoch integer not null default 0,
    created_at timestamptz not null default now(),
    enrolled_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id),
    check (status <> 'enrolled' or (identity_jwk is not null and identity_thumbprint is not null))
  );
  create unique index agents_name on writ.agents (tenant_id, name) where status <> 'revoked';
  create unique index agents_identity on writ.agents (tenant_id, identity_thumbprint);
  create index agents_of_human on writ.agents (tenant_id, human_id);
`

// sessions_key: a token request finds the session of (agent, session key). used_proofs_expired: the sweep of what can no longer
// be replayed.
const ENROLMENT_AND_SESSIONS = `
  create table writ.enrolment_tokens (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    agent_id text not null,
    secret_sha256 text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id)
  );
  create index enrolment_tokens_of_agent on writ.enrolment_tokens (tenant_id, agent_id);
  create table writ.sessions (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    agent_id text not null,
    human_id text not null,
    key_thumbprint text not null,
    created_at timestamptz not null default now(),
    last_token_at timestamptz not null default now(),
    ended_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id)
  );
  create unique index sessions_key on writ.sessions (tenant_id, agent_id, key_thumbprint);
  create table writ.used_proofs (
    tenant_id text not null references writ.tenants (id),
    key text not null,
    expires_at timestamptz not null,
    primary key (tenant_id, key)
  );
  create index used_proofs_expired on writ.used_proofs (tenant_id, expires_at);
`

const GRANTS = `
  grant select, insert, update (name, email) on writ.humans to writ_app;
  grant select, insert,
    update (name, status, identity_jwk, identity_thumbprint, epoch, enrolled_at, revoked_at) on writ.agents to writ_app;
  grant select, insert, update (used_at) on writ.enrolment_tokens to writ_app;
  grant select, insert, update (last_token_at, ended_at) on writ.sessions to writ_app;
  grant select, insert, delete on writ.used_proofs to writ_app;
`
