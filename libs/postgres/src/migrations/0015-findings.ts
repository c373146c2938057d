import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** What does not fit together in the records of a session, and up to where they were looked at. */
export class Findings1764000000015 implements MigrationInterface {
  name = 'Findings1764000000015'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FINDINGS)
    await runner.query(HOOKS)
    await runner.query(EVENTS)
    for (const table of ['findings', 'reconciliations']) await runner.query(guardByTenant(table))
    await runner.query(DUE)
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// fact: what it is about, in one form, so that nothing is found twice. Records of before need no looking at: no hook wrote any.
const FINDINGS = `
  create table writ.findings (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    fact text not null,
    kind text not null,
    severity text not null,
    session_id text not null,
    agent jsonb,
    human jsonb,
    decisions text[] not null,
    text text not null,
    found_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, fact)
  );
  create index findings_by_session on writ.findings (tenant_id, session_id, id);
  create table writ.reconciliations (
    tenant_id text primary key references writ.tenants (id),
    next_leaf bigint not null default 0,
    due_at timestamptz not null default '-infinity'
  );
  insert into writ.reconciliations (tenant_id, next_leaf) select tenant_id, size from writ.tenant_logs;
`

// Of hooks only, so that records of gateways cost nothing here, and a session without hooks is known as one at a glance. In the bytes a
// name that holds these words is escaped.
const HOOKS = `
  create index records_of_hooks on writ.records (tenant_id, session_id, occurred_at)
    where position('"channel":"hooks"'::bytea in bytes) > 0;
`

// What the platform found is sealed as what administrators did is: in one stream, by one numbering.
const EVENTS = `
  alter table writ.administration_events
    alter column administration drop not null,
    add finding text,
    add constraint administration_events_one_thing check ((administration is null) <> (finding is null));
`

const DUE = `
  create policy reconciliations_platform on writ.reconciliations for select to writ_owner using (true);
  create function app.unreconciled_tenants(moment timestamptz, most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenant_logs l join writ.tenants t on t.id = l.tenant_id
        left join writ.reconciliations r on r.tenant_id = t.id
       where t.deleted_at is null and l.size > coalesce(r.next_leaf, 0) and coalesce(r.due_at, '-infinity') <= moment
       order by r.due_at nulls first limit most
    $$;
  revoke execute on function app.unreconciled_tenants(timestamptz, integer) from public;
  grant execute on function app.unreconciled_tenants(timestamptz, integer) to writ_app;
`

const GRANTS = `
  grant select, insert on writ.findings to writ_app;
  grant select, insert, update (next_leaf, due_at) on writ.reconciliations to writ_app;
`
