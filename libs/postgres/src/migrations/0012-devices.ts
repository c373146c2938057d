import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Daemons of devices as nodes of one tenant and one agent, how they act, and what is known of packages; approvals of local actions. */
export class Devices1764000000012 implements MigrationInterface {
  name = 'Devices1764000000012'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DEVICES)
    await runner.query(HOOKS)
    for (const table of ['devices', 'package_documents']) await runner.query(guardByTenant(table))
    await runner.query(DEVICE_BY_ID)
    await runner.query(LOCAL_APPROVALS)
    await runner.query(PRIVILEGES)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// A key is the key of one node of one kind for ever: `nodes` holds it, and what binds a device to tenant and agent is behind row security.
// proven_at: when the agent's identity key last vouched for it; an agent that enrols anew leaves the devices of its lost key behind.
const DEVICES = `
  alter table writ.nodes
    drop constraint nodes_kind_check,
    add constraint nodes_kind_check check (kind in ('gateway', 'control-plane', 'device'));
  create table writ.devices (
    tenant_id text not null references writ.tenants (id),
    id text not null references writ.nodes (id),
    agent_id text not null,
    joined_at timestamptz not null,
    proven_at timestamptz not null,
    revoked_at timestamptz,
    revoked_by text,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references writ.agents (tenant_id, id)
  );
  create index devices_of_agent on writ.devices (tenant_id, agent_id) where revoked_at is null;
`

// hooks: as in the contracts; what is not there has its default. A document is a compact JWS, named by the hash of its payload.
const HOOKS = `
  alter table writ.tenants add hooks jsonb not null default '{}';
  create table writ.package_documents (
    tenant_id text not null references writ.tenants (id),
    sha256 text not null,
    signed text not null,
    title text not null,
    size_bytes integer not null,
    set_at timestamptz not null,
    set_by text not null,
    primary key (tenant_id, sha256)
  );
`

// Asked with the signature of a request, before anything of the tenant is open. A revoked device is no device.
const DEVICE_BY_ID = `
  create policy devices_platform on writ.devices for select to writ_owner using (true);
  create function app.device_by_id(wanted text, wanted_slug text)
    returns table (id text, tenant_id text, slug text, agent_id text) language sql stable
    security definer set search_path = pg_catalog, pg_temp as $$
      select d.id, d.tenant_id, t.slug, d.agent_id from writ.devices d join writ.tenants t on t.id = d.tenant_id
       where d.id = wanted and t.slug = wanted_slug and t.deleted_at is null and d.revoked_at is null
    $$;
  revoke execute on function app.device_by_id(text, text) from public;
  grant execute on function app.device_by_id(text, text) to writ_app;
`

const LOCAL_APPROVALS = `alter table writ.approvals alter column connection_id drop not null`

const PRIVILEGES = `
  grant select, insert, update (proven_at, revoked_at, revoked_by) on writ.devices to writ_app;
  grant update (hooks) on writ.tenants to writ_app;
  grant select, insert, update (signed, set_at, set_by), delete on writ.package_documents to writ_app;
`
