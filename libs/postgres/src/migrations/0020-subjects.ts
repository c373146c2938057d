import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Keys of humans, to whom records seal what is personal; erasure of a human; streams that fall silent and decisions that nobody ends. */
export class Subjects1764000000020 implements MigrationInterface {
  name = 'Subjects1764000000020'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SUBJECT_KEYS)
    await runner.query(ERASURE)
    await runner.query(EVENTS)
    await runner.query(STREAMS)
    for (const table of ['subject_keys', 'stream_losses', 'unended_decisions', 'reapings'])
      await runner.query(guardByTenant(table))
    await runner.query(DUE)
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// One pair for each human, for ever: whoever was erased never gets another. name: the name, sealed to the key; null when it is to be
// sealed anew, because nothing here keeps what it was sealed of.
const SUBJECT_KEYS = `
  create table writ.subject_keys (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    human_id text not null,
    public_key text not null,
    sealed_private bytea,
    name jsonb,
    created_at timestamptz not null,
    destroyed_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, human_id),
    foreign key (tenant_id, human_id) references writ.humans (tenant_id, id),
    check ((destroyed_at is null) = (sealed_private is not null)),
    check (destroyed_at is null or name is null)
  );
  create function app.seal_name_anew() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      update writ.subject_keys set name = null where tenant_id = new.tenant_id and human_id = new.id;
      return null;
    end $$;
  create trigger humans_renamed after update of name on writ.humans
    for each row when (old.name is distinct from new.name) execute function app.seal_name_anew();
  alter table writ.tenants add excerpts text not null default 'notable' check (excerpts in ('off', 'notable', 'all'));
`

// The text of older bundles names whoever was in them. What is kept of one is its number, its hash and its time: records name those.
const ERASURE = `
  alter table writ.humans
    drop constraint humans_status_check,
    add constraint humans_status_check check (status in ('active', 'suspended', 'erased'));
  create function app.forget_bundles() returns bigint
    security definer set search_path = pg_catalog, pg_temp language sql volatile as $$
      with forgotten as (
        update writ.bundles set signed = '' where tenant_id = app.tid() and signed <> ''
           and version < (select max(version) from writ.bundles where tenant_id = app.tid()) returning 1
      ) select count(*) from forgotten
    $$;
  revoke execute on function app.forget_bundles() from public;
  grant execute on function app.forget_bundles() to writ_app;
`

// record: members of a record of any other kind, or further ones of an administrative record; sealed in the same stream, by the same numbering.
const EVENTS = `
  alter table writ.administration_events
    add record text,
    drop constraint administration_events_one_thing,
    add constraint administration_events_one_thing check (num_nonnulls(administration, finding) <= 1 and num_nonnulls(administration, finding, record) >= 1);
`

// reported_heard_at: by the clock of this database, not by that of the node; null for a stream that nobody told of since.
// next_leaf: up to where the log was looked through for decisions that were opened; those that had not ended by then stand in
// unended_decisions until they do. What was recorded before needs no looking at.
const STREAMS = `
  alter table writ.streams add reported_heard_at timestamptz;
  create table writ.stream_losses (
    tenant_id text not null references writ.tenants (id),
    stream_id text not null,
    from_seq bigint not null,
    to_seq bigint not null,
    found_at timestamptz not null,
    arrived_at timestamptz,
    primary key (tenant_id, stream_id, from_seq),
    check (from_seq < to_seq)
  );
  create table writ.unended_decisions (
    tenant_id text not null references writ.tenants (id),
    decision_id text not null,
    leaf_index bigint not null,
    primary key (tenant_id, decision_id)
  );
  create table writ.reapings (
    tenant_id text primary key references writ.tenants (id),
    next_leaf bigint not null default 0
  );
  insert into writ.reapings (tenant_id, next_leaf) select tenant_id, size from writ.tenant_logs;
`

const DUE = `
  create policy stream_losses_platform on writ.stream_losses for select to writ_owner using (true);
  create policy reapings_platform on writ.reapings for select to writ_owner using (true);
  create policy unended_decisions_platform on writ.unended_decisions for select to writ_owner using (true);
  create function app.silent_streams(moment timestamptz, most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select distinct t.id, t.slug from writ.streams s join writ.tenants t on t.id = s.tenant_id
        left join lateral (select max(l.to_seq) as to_seq from writ.stream_losses l
          where l.tenant_id = s.tenant_id and l.stream_id = s.id) known on true
       where t.deleted_at is null and s.reported_next_seq > greatest(s.next_seq, coalesce(known.to_seq, 0))
         and s.reported_heard_at <= moment and s.node_id in (select id from writ.nodes where kind <> 'control-plane')
      union
      select t.id, t.slug from writ.stream_losses l join writ.streams s on s.tenant_id = l.tenant_id and s.id = l.stream_id
        join writ.tenants t on t.id = l.tenant_id
       where t.deleted_at is null and l.arrived_at is null and s.next_seq >= l.to_seq
       limit most
    $$;
  create function app.unreaped_tenants(most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenant_logs l join writ.tenants t on t.id = l.tenant_id
        left join writ.reapings r on r.tenant_id = t.id
       where t.deleted_at is null and (l.size > coalesce(r.next_leaf, 0)
          or exists (select 1 from writ.unended_decisions u where u.tenant_id = t.id))
       order by l.size - coalesce(r.next_leaf, 0) desc, t.id limit most
    $$;
  revoke execute on function app.silent_streams(timestamptz, integer), app.unreaped_tenants(integer) from public;
  grant execute on function app.silent_streams(timestamptz, integer), app.unreaped_tenants(integer) to writ_app;
`

const GRANTS = `
  grant select, insert, update (sealed_private, name, destroyed_at) on writ.subject_keys to writ_app;
  grant update (excerpts) on writ.tenants to writ_app;
  grant update (human) on writ.findings to writ_app;
  grant insert (reported_heard_at), update (reported_heard_at) on writ.streams to writ_app;
  grant select, insert, update (to_seq, arrived_at) on writ.stream_losses to writ_app;
  grant select, insert, delete on writ.unended_decisions to writ_app;
  grant select, insert, update (next_leaf) on writ.reapings to writ_app;
`
