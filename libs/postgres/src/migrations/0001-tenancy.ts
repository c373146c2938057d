import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Tenants, their keys, the nodes of the platform, and the outbox of bundle versions. */
export class Tenancy1764000000001 implements MigrationInterface {
  name = 'Tenancy1764000000001'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CURRENT_TENANT)
    await runner.query(TENANTS)
    await runner.query(GLOBAL_TABLES)
    await runner.query(TENANT_KEYS)
    await runner.query(OUTBOX)
    for (const table of ['tenant_keys', 'signing_keys', 'api_keys', 'outbox'])
      await runner.query(guardByTenant(table))
    await runner.query(guardByTenant('tenants', 'id'))
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// After a commit the setting is an empty string and not null: without nullif a forgotten tenant would be the tenant ''.
const CURRENT_TENANT = `
  create function app.tid() returns text language sql stable parallel safe
    as $$ select nullif(current_setting('app.tenant_id', true), '') $$;
  grant execute on function app.tid() to writ_app, writ_worker;
`

const TENANTS = `
  create table writ.tenants (
    id text primary key,
    slug text not null unique,
    name text not null,
    default_group_id text not null,
    bundle_version integer not null default 0,
    created_at timestamptz not null default now()
  );
`

const GLOBAL_TABLES = `
  create table writ.nodes (
    id text primary key,
    name text not null,
    public_key text not null unique,
    lease_key jsonb not null,
    origin text not null,
    build text not null,
    joined_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now()
  );
  create table writ.platform_keys (
    kid text primary key,
    purpose text not null,
    public_key text not null,
    sealed_private bytea not null,
    created_at timestamptz not null default now()
  );
`

// api_keys_by_id: a key is presented before its tenant is known. It is not unique, so that an insert can never tell whether
// another tenant holds the id.
const TENANT_KEYS = `
  create table writ.tenant_keys (
    tenant_id text not null references writ.tenants (id),
    version integer not null,
    wrapped_dek bytea not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, version)
  );
  create table writ.signing_keys (
    tenant_id text not null references writ.tenants (id),
    kid text not null,
    public_jwk jsonb not null,
    sealed_private bytea not null,
    created_at timestamptz not null default now(),
    retired_at timestamptz,
    primary key (tenant_id, kid)
  );
  create table writ.api_keys (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    role text not null check (role in ('owner', 'admin', 'auditor')),
    secret_sha256 text not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    primary key (tenant_id, id)
  );
  create index api_keys_by_id on writ.api_keys (id);
`

// The trigger draws the number under a lock that is held until commit: numbers become visible in their order, so a reader that
// has seen number n has seen all before it.
// outbox_by_seq: the feed is read in order over all tenants; outbox_pending: the publisher asks every moment and finds few.
const OUTBOX = `
  create sequence writ.outbox_seq;
  create table writ.outbox (
    tenant_id text not null references writ.tenants (id),
    seq bigint not null,
    slug text not null,
    version integer not null,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    primary key (tenant_id, seq)
  );
  create index outbox_by_seq on writ.outbox (seq);
  create index outbox_pending on writ.outbox (seq) where published_at is null;
  create function app.number_outbox() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      perform pg_advisory_xact_lock(hashtext('writ.outbox'));
      new.seq := nextval('writ.outbox_seq');
      return new;
    end $$;
  create trigger outbox_number before insert on writ.outbox for each row execute function app.number_outbox();
`

const GRANTS = `
  grant usage on schema writ, app to writ_app, writ_worker;
  grant select, insert, update (name, default_group_id, bundle_version) on writ.tenants to writ_app;
  grant select, insert, update (name, lease_key, origin, build, last_seen_at) on writ.nodes to writ_app;
  grant select, insert on writ.platform_keys, writ.tenant_keys, writ.outbox to writ_app;
  grant usage on sequence writ.outbox_seq to writ_app;
  grant select, insert, update (retired_at) on writ.signing_keys to writ_app;
  grant select, insert, update (revoked_at) on writ.api_keys to writ_app;
  grant select (id) on writ.tenants to writ_worker;
  grant select (id, public_key) on writ.nodes to writ_worker;
`
