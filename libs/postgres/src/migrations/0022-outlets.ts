import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Outlets: where a tenant's records go besides the ledger, how far each has come, and what a receiver would not take. */
export class Outlets1764000000022 implements MigrationInterface {
  name = 'Outlets1764000000022'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OUTLETS)
    await runner.query(PARTS)
    for (const table of ['outlets', 'outlet_secrets', 'outlet_dead_letters'])
      await runner.query(guardByTenant(table))
    await runner.query(OWNER_READS)
    await runner.query(DUE)
    await runner.query(STANDING)
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// next_leaf: the place. It moves only in the statement that names the lease it was delivered under (lease_epoch), so whoever lost the lease
// moves nothing. width: how many leaves go out at once; it halves with what a receiver refuses. of_operator: configured by the operator for
// every tenant, and none of the tenant's.
const OUTLETS = `
  create table writ.outlets (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    name text not null,
    kind text not null check (kind in ('webhook', 'otlp', 'syslog', 'file', 'stdout')),
    target jsonb not null,
    of_operator boolean not null default false,
    discloses boolean not null default false,
    created_at timestamptz not null,
    created_by text not null,
    paused_at timestamptz,
    deleted_at timestamptz,
    next_leaf bigint not null default 0,
    width integer not null default 200 check (width > 0),
    failures integer not null default 0,
    refusals integer not null default 0,
    failure_code text,
    failure_detail text,
    failed_at timestamptz,
    due_at timestamptz not null default now(),
    delivered bigint not null default 0,
    delivered_at timestamptz,
    test_id text,
    test_asked_at timestamptz,
    test_ended_at timestamptz,
    test_code text,
    test_detail text,
    lease_holder text,
    lease_until timestamptz not null default '-infinity',
    lease_epoch bigint not null default 0,
    primary key (tenant_id, id)
  );
  create unique index outlets_by_name on writ.outlets (tenant_id, name) where deleted_at is null and not of_operator;
  create unique index outlets_of_operator on writ.outlets (tenant_id, kind) where of_operator;
  create index outlets_due on writ.outlets (due_at) where deleted_at is null;
`

// Of a dead letter only its place is kept: what was to be delivered is in the ledger, and is made anew when it is tried again.
const PARTS = `
  create table writ.outlet_secrets (
    tenant_id text not null references writ.tenants (id),
    outlet_id text not null,
    purpose text not null check (purpose in ('signing', 'authorization')),
    version integer not null,
    sealed_secret bytea not null,
    made_at timestamptz not null,
    ends_at timestamptz,
    primary key (tenant_id, outlet_id, purpose, version),
    foreign key (tenant_id, outlet_id) references writ.outlets (tenant_id, id)
  );
  create table writ.outlet_dead_letters (
    tenant_id text not null references writ.tenants (id),
    outlet_id text not null,
    leaf_index bigint not null,
    to_leaf bigint not null check (to_leaf > leaf_index),
    reason text not null check (reason in ('refused', 'unreadable', 'expired')),
    detail text not null,
    tries integer not null,
    at timestamptz not null default now(),
    again_at timestamptz,
    primary key (tenant_id, outlet_id, leaf_index),
    foreign key (tenant_id, outlet_id) references writ.outlets (tenant_id, id)
  );
  create index outlet_dead_letters_again on writ.outlet_dead_letters (tenant_id, outlet_id, leaf_index) where again_at is not null;
`

const OWNER_READS = `
  create policy outlets_platform on writ.outlets for select to writ_owner using (true);
  create policy outlet_dead_letters_platform on writ.outlet_dead_letters for select to writ_owner using (true);
`

// Of each tenant a few, so that one with many outlets, all of them slow, holds up no other.
const DUE = `
  create function app.due_outlets(kinds text[], of_each integer, most integer) returns table (tenant_id text, slug text, outlet_id text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select d.tenant_id, d.slug, d.id from (
        select o.tenant_id, t.slug, o.id, o.due_at,
               row_number() over (partition by o.tenant_id order by o.due_at, o.id) as nth
          from writ.outlets o join writ.tenants t on t.id = o.tenant_id
          left join writ.tenant_logs l on l.tenant_id = o.tenant_id
         where o.deleted_at is null and t.deleted_at is null and o.kind = any(kinds) and o.lease_until < now()
           and (o.test_asked_at is not null and o.test_ended_at is null
             or o.paused_at is null and o.due_at <= now()
                and (coalesce(l.size, 0) > o.next_leaf
                  or exists (select from writ.outlet_dead_letters a
                              where a.tenant_id = o.tenant_id and a.outlet_id = o.id and a.again_at is not null)))
      ) d where d.nth <= of_each order by d.due_at, d.id limit most
    $$;
  create function app.tenants_without_outlet(wanted text, most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenants t
       where t.deleted_at is null
         and not exists (select from writ.outlets o where o.tenant_id = t.id and o.of_operator and o.kind = wanted)
       order by t.id limit most
    $$;
  revoke execute on function app.due_outlets(text[], integer, integer), app.tenants_without_outlet(text, integer) from public;
  grant execute on function app.due_outlets(text[], integer, integer), app.tenants_without_outlet(text, integer) to writ_app;
`

const STANDING = `
  create function app.outlet_standing() returns table (kind text, state text, outlets bigint, lag bigint, dead_letters bigint)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select o.kind,
             case when o.paused_at is not null then 'paused' when o.failures > 0 then 'failing' else 'delivering' end,
             count(*), sum(greatest(coalesce(l.size, 0) - o.next_leaf, 0))::bigint,
             sum((select count(*) from writ.outlet_dead_letters a where a.tenant_id = o.tenant_id and a.outlet_id = o.id))::bigint
        from writ.outlets o join writ.tenants t on t.id = o.tenant_id and t.deleted_at is null
        left join writ.tenant_logs l on l.tenant_id = o.tenant_id
       where o.deleted_at is null group by 1, 2
    $$;
  revoke execute on function app.outlet_standing() from public;
  grant execute on function app.outlet_standing() to writ_app;
`

const GRANTS = `
  grant select, insert, update on writ.outlets to writ_app;
  grant select, insert, update (ends_at), delete on writ.outlet_secrets to writ_app;
  grant select, insert, update (tries, at, again_at, detail), delete on writ.outlet_dead_letters to writ_app;
`
