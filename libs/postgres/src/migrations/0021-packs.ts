import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Packs for auditors: what was asked for, how far it is, and for a while the file. */
export class Packs1764000000021 implements MigrationInterface {
  name = 'Packs1764000000021'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PACKS)
    for (const table of ['packs', 'pack_pieces']) await runner.query(guardByTenant(table))
    await runner.query(TO_WORK)
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// log_size: how many records the log counted at the request; a pack reaches no further, whenever it is made.
// lease: who makes it now; whoever finds that time over begins anew. The file is kept in pieces, so that every control plane has it.
const PACKS = `
  create table writ.packs (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    state text not null default 'waiting'
      check (state in ('waiting', 'making', 'done', 'failed', 'cancelled', 'expired')),
    kind text not null,
    query text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    disclosed boolean not null,
    log_size bigint not null,
    due_at timestamptz not null default '-infinity',
    attempts integer not null default 0,
    lease text,
    leased_until timestamptz,
    step text,
    step_done bigint,
    step_total bigint,
    from_leaf bigint,
    to_leaf bigint,
    row_count bigint,
    tree_size bigint,
    checkpoint text,
    size_bytes bigint,
    sha256 text,
    finished_at timestamptz,
    expires_at timestamptz,
    failure text,
    primary key (tenant_id, id)
  );
  create index packs_to_work on writ.packs (due_at) where state in ('waiting', 'making');
  create index packs_with_file on writ.packs (expires_at) where state = 'done';
  create table writ.pack_pieces (
    tenant_id text not null references writ.tenants (id),
    pack_id text not null,
    at integer not null,
    piece bytea not null,
    primary key (tenant_id, pack_id, at),
    foreign key (tenant_id, pack_id) references writ.packs (tenant_id, id)
  );
  alter table writ.pack_pieces alter column piece set storage external;
`

// One pack of each tenant at a time, the oldest first; and every file whose time is over.
const TO_WORK = `
  create policy packs_platform on writ.packs for select to writ_owner using (true);
  create function app.packs_to_work(moment timestamptz, most integer)
    returns table (tenant_id text, slug text, pack_id text, is_over boolean)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      (select t.id, t.slug, p.id, true from writ.packs p join writ.tenants t on t.id = p.tenant_id
        where p.state = 'done' and p.expires_at <= moment limit most)
      union all
      (select * from (
        select distinct on (t.id) t.id, t.slug, p.id, false from writ.packs p join writ.tenants t on t.id = p.tenant_id
         where p.state in ('waiting', 'making') and t.deleted_at is null and p.due_at <= moment
           and coalesce(p.leased_until, '-infinity') <= moment
         order by t.id, p.id) as next limit most)
    $$;
  revoke execute on function app.packs_to_work(timestamptz, integer) from public;
  grant execute on function app.packs_to_work(timestamptz, integer) to writ_app;
`

const GRANTS = `
  grant select, insert, update on writ.packs to writ_app;
  grant select, insert, delete on writ.pack_pieces to writ_app;
`
