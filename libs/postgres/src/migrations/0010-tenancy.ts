import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** The life of a tenant: keys of every role that expire, limits, suspension, deletion, and the administrative events of it all. */
export class TenantLife1764000000010 implements MigrationInterface {
  name = 'TenantLife1764000000010'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(API_KEYS)
    await runner.query(TENANTS)
    await runner.query(NODES)
    await runner.query(EVENTS)
    await runner.query(guardByTenant('administration_events'))
    await runner.query(FUNCTIONS)
    await runner.query(LIMITS)
    await runner.query(RESTORED)
    await runner.query(ERASURE)
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// human_id: whose agents a key of the role `developer` may touch.
const API_KEYS = `
  alter table writ.api_keys
    drop constraint api_keys_role_check,
    add constraint api_keys_role_check
      check (role in ('owner', 'admin', 'security', 'approver', 'auditor', 'developer')),
    add expires_at timestamptz,
    add last_used_at timestamptz,
    add human_id text,
    add constraint api_keys_human foreign key (tenant_id, human_id) references writ.humans (tenant_id, id);
`

// A deleted tenant leaves one row, so that its slug is nobody else's at once.
const TENANTS = `
  alter table writ.tenants
    add suspended_by text check (suspended_by in ('operator', 'owner')),
    add deleted_at timestamptz,
    add administration_seq bigint not null default 0,
    add max_agents integer not null default 1000 check (max_agents > 0),
    add max_humans integer not null default 10000 check (max_humans > 0),
    add max_connections integer not null default 500 check (max_connections > 0),
    add max_policies integer not null default 500 check (max_policies > 0),
    add max_access_groups integer not null default 500 check (max_access_groups > 0),
    add max_api_keys integer not null default 500 check (max_api_keys > 0),
    add max_requests_per_second integer not null default 10000 check (max_requests_per_second > 0),
    add revoked_all_at timestamptz,
    alter column default_group_id drop not null,
    add check (default_group_id is not null or deleted_at is not null);
`

// The control plane signs records too, so it is a node; one for all of its processes.
const NODES = `
  alter table writ.nodes add kind text not null default 'gateway' check (kind in ('gateway', 'control-plane'));
  create unique index platform_keys_administration on writ.platform_keys (purpose) where purpose = 'administration';
`

// As text, in which JSON escapes what Postgres text cannot hold. Numbered by the row of the tenant, whose lock is held until commit: numbers have no gaps and become visible in their order.
const EVENTS = `
  create table writ.administration_events (
    tenant_id text not null references writ.tenants (id),
    seq bigint not null,
    decision_id text not null,
    at timestamptz not null,
    administration text not null,
    primary key (tenant_id, seq)
  );
  create trigger administration_events_append_only before update or delete or truncate on writ.administration_events
    for each statement execute function app.refuse_change();
`

const definer = (signature: string, types: string, returns: string, body: string): string => `
  create function app.${signature} returns ${returns} security definer set search_path = pg_catalog, pg_temp ${body};
  revoke execute on function app.${types} from public;
  grant execute on function app.${types} to writ_app;
`
const sql = (query: string): string => `language sql stable as $$ ${query} $$`

const LIVING_BUNDLE = `select t.id, t.slug, b.version, b.signed from writ.tenants t join writ.bundles b on b.tenant_id = t.id
  where t.deleted_at is null`

// What a deleted tenant was is found by nobody; what was left is its records, and who may have its slug.
const FUNCTIONS = `
  drop function app.api_key_by_id(text);
  ${definer(
    'api_key_by_id(wanted text)',
    'api_key_by_id(text)',
    `table (tenant_id text, name text, role text, human_id text, secret_sha256 text, expires_at timestamptz,
            last_used_at timestamptz)`,
    sql(`select tenant_id, name, role, human_id, secret_sha256, expires_at, last_used_at from writ.api_keys
          where id = wanted and revoked_at is null`),
  )}
  drop function app.tenant_by_slug(text);
  ${definer(
    'tenant_by_slug(wanted text)',
    'tenant_by_slug(text)',
    'setof writ.tenants',
    sql('select * from writ.tenants where slug = wanted and deleted_at is null'),
  )}
  drop function app.bundle_by_slug(text);
  ${definer(
    'bundle_by_slug(wanted text)',
    'bundle_by_slug(text)',
    'table (tenant_id text, slug text, version integer, signed text)',
    sql(`${LIVING_BUNDLE} and t.slug = wanted order by b.version desc limit 1`),
  )}
  drop function app.bundle_heads();
  ${definer(
    'bundle_heads()',
    'bundle_heads()',
    'table (tenant_id text, slug text, version integer, signed text)',
    sql(
      `select distinct on (id) id, slug, version, signed from (${LIVING_BUNDLE}) as living order by id, version desc`,
    ),
  )}
  ${definer(
    'unsealed_tenants(wanted_node text, streams text, most integer)',
    'unsealed_tenants(text, text, integer)',
    'table (tenant_id text, slug text, next_seq bigint, head_hash text)',
    sql(`select t.id, t.slug, coalesce(s.next_seq, 0), coalesce(s.head_hash, repeat('0', 64))
           from writ.tenants t left join writ.streams s
             on s.tenant_id = t.id and s.id = streams || t.id and s.node_id = wanted_node
          where t.administration_seq > coalesce(s.next_seq, 0) order by t.id limit most`),
  )}
`

/** What a deletion leaves: who did what is evidence, and the feed stays in order. */
const KEPT = '{streams,stream_batches,records,tenant_logs,administration_events,outbox}'

/** A table, the column of its tenant's limit, the name of the limit in the API, and which of its rows count. */
const LIMITED = [
  ['agents', 'max_agents', 'agents', "status <> 'revoked'"],
  ['humans', 'max_humans', 'humans', "status = 'active'"],
  ['connections', 'max_connections', 'connections', 'deleted_at is null'],
  ['policies', 'max_policies', 'policies', 'deleted_at is null'],
  ['access_groups', 'max_access_groups', 'accessGroups', 'true'],
  ['api_keys', 'max_api_keys', 'apiKeys', 'revoked_at is null'],
]

// In the database, so that no way of making something passes by it. The tenant's row is locked: two inserts at once count one another.
const LIMITS = LIMITED.map(
  ([table, column, limit, counts]) => `
  create function app.limit_${table}() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    declare most integer;
    begin
      select ${column} into most from writ.tenants where id = new.tenant_id for no key update;
      if (select count(*) from writ.${table} where tenant_id = new.tenant_id and ${counts}) > most then
        raise exception 'limit reached' using errcode = 'WRLIM', detail = '${limit} ' || most;
      end if;
      return null;
    end $$;
  create trigger ${table}_limit after insert on writ.${table} for each row execute function app.limit_${table}();
`,
).join('')

// Whoever is let in again counts again.
const RESTORED = `
  create trigger humans_restored after update of status on writ.humans
    for each row when (old.status <> 'active' and new.status = 'active') execute function app.limit_humans();
`

// Gateways keep the newest version that they saw of a slug: whoever gets it next goes on from there.
// The rows of a table go when nothing points at them any more: tables that later migrations add are covered too.
const ERASURE = `
  create policy tenants_release on writ.tenants for update to writ_owner using (deleted_at is not null);
  ${definer(
    'release_slug(wanted text, deleted_before timestamptz)',
    'release_slug(text, timestamptz)',
    'integer',
    `language sql volatile as $$
      update writ.tenants set slug = id where slug = wanted and deleted_at < deleted_before returning bundle_version $$`,
  )}
  ${definer(
    'erase_tenant(erased_at timestamptz)',
    'erase_tenant(timestamptz)',
    'bigint',
    `language plpgsql as $$
      declare
        left_over text[];
        blocked text[];
        one text;
      begin
        update writ.tenants set deleted_at = erased_at, name = '', default_group_id = null where id = app.tid() and suspended_at is not null and deleted_at is null;
        if not found then raise exception 'only a suspended tenant is erased' using errcode = 'object_not_in_prerequisite_state'; end if;
        select array_agg(c.relname) into left_over from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
          where c.relnamespace = 'writ'::regnamespace and c.relkind = 'r' and c.relname <> all ($keep$${KEPT}$keep$::text[]);
        while left_over <> '{}' loop
          blocked := '{}';
          foreach one in array left_over loop
            begin
              execute format('delete from writ.%I where tenant_id = app.tid()', one);
            exception when foreign_key_violation then
              blocked := blocked || one;
            end;
          end loop;
          if cardinality(blocked) = cardinality(left_over) then raise exception 'rows that point at one another stay: %', left_over; end if;
          left_over := blocked;
        end loop;
        return (select count(*) from writ.records where tenant_id = app.tid());
      end $$`,
  )}
`

const GRANTS = `
  grant update (last_used_at) on writ.api_keys to writ_app;
  grant update (suspended_by, administration_seq, max_agents, max_humans, max_connections, max_policies,
    max_access_groups, max_api_keys, max_requests_per_second, revoked_all_at) on writ.tenants to writ_app;
  grant select, insert on writ.administration_events to writ_app;
`
