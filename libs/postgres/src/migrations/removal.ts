/** Part of 0019: how long records are kept, and the one way in which they are removed. */

// former_months counts for 7 days after a change where it is more, and a hold for 7 days after its release: whoever does either in
// silence is seen by others in time, for both are records. removals: which leaves are gone on purpose; only the function below writes it.
// removed: how many they are; the limit of records is about those that are kept.
export const RETENTION = `
  create table writ.retentions (
    tenant_id text primary key references writ.tenants (id),
    months integer not null check (months between 6 and 84),
    former_months integer not null check (former_months between 6 and 84),
    changed_at timestamptz not null default now(),
    due_at timestamptz not null default '-infinity'
  );
  create table writ.holds (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    reason text not null,
    placed_by jsonb not null,
    placed_at timestamptz not null default now(),
    filter jsonb not null,
    terms integer[] not null,
    from_at timestamptz,
    until_at timestamptz,
    first_leaf bigint,
    last_leaf bigint,
    released_at timestamptz,
    released_by jsonb,
    release_reason text,
    primary key (tenant_id, id)
  );
  alter table writ.tenant_logs add removed bigint not null default 0;
  create table writ.removals (
    tenant_id text not null references writ.tenants (id),
    first_leaf bigint not null,
    last_leaf bigint not null,
    at timestamptz not null default now(),
    primary key (tenant_id, first_leaf)
  );
  create trigger removals_append_only before update or delete or truncate on writ.removals
    for each statement execute function app.refuse_change();
  create function app.hold_stays() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      if tg_op = 'UPDATE' and old.released_at is null
         and (new.tenant_id, new.id, new.reason, new.placed_by, new.placed_at, new.filter, new.terms)
           = (old.tenant_id, old.id, old.reason, old.placed_by, old.placed_at, old.filter, old.terms)
         and (new.from_at, new.until_at, new.first_leaf, new.last_leaf)
           is not distinct from (old.from_at, old.until_at, old.first_leaf, old.last_leaf)
         and new.released_at >= now() then return new; end if;
      raise exception 'a hold is placed and released, and else it stays' using errcode = 'insufficient_privilege';
    end $$;
  create trigger holds_stay before update or delete on writ.holds for each row execute function app.hold_stays();
  create trigger holds_stay_whole before truncate on writ.holds for each statement execute function app.refuse_change();
  create function app.former_months() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      if new.months = old.months then
        new.former_months := old.former_months;
        new.changed_at := old.changed_at;
      else
        new.former_months := case when old.changed_at > now() - interval '7 days'
          then greatest(old.months, old.former_months) else old.months end;
        new.changed_at := now();
      end if;
      return new;
    end $$;
  create trigger retentions_former before update on writ.retentions for each row execute function app.former_months();
`

// What may be removed is decided here and nowhere else: by the clock, the retention and the holds of the database. Of the log only what
// a checkpoint covers: its leaf hashes are in the tiles. What was counted of a block does not count any more once something in it is gone.
export const REMOVAL = `
  create function app.sealed_size() returns bigint language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce((select size from writ.tenant_trees where tenant_id = app.tid() and stopped is null), 0)
  $$;
  create function app.kept_since() returns timestamptz language sql stable set search_path = pg_catalog, pg_temp as $$
    select now() - make_interval(months => coalesce(max(case when changed_at > now() - interval '7 days'
      then greatest(months, former_months) else months end), 13)) from writ.retentions where tenant_id = app.tid()
  $$;
  create function app.remove_expired_records(most integer)
    returns table (removed bigint, first_leaf bigint, last_leaf bigint)
    security definer set search_path = pg_catalog, pg_temp language plpgsql volatile as $$
    #variable_conflict use_column
    declare
      since timestamptz := app.kept_since();
      covered bigint := app.sealed_size();
      gone_count bigint;
      gone_first bigint;
      gone_last bigint;
    begin
      perform set_config('app.removal', 'expired', true);
      with expired as (
          select r.leaf_index, r.ingested_at from writ.records r
           where r.tenant_id = app.tid() and r.ingested_at < since and r.leaf_index < covered
             and not exists (select from writ.holds h where h.tenant_id = r.tenant_id
               and (h.released_at is null or h.released_at > now() - interval '7 days')
               and (r.terms is null or r.terms @> h.terms)
               and ((r.occurred_at >= coalesce(h.from_at, '-infinity') and r.occurred_at < coalesce(h.until_at, 'infinity'))
                 or (r.ingested_at >= coalesce(h.from_at, '-infinity') and r.ingested_at < coalesce(h.until_at, 'infinity')))
               and r.leaf_index between coalesce(h.first_leaf, 0) and coalesce(h.last_leaf, 9223372036854775807))
           order by r.leaf_index limit most),
        gone as (delete from writ.records r using expired e where r.tenant_id = app.tid() and r.leaf_index = e.leaf_index
          and r.ingested_at = e.ingested_at and r.ingested_at < since returning r.leaf_index),
        noted as (insert into writ.removals (tenant_id, first_leaf, last_leaf)
          select app.tid(), min(leaf_index), max(leaf_index)
            from (select leaf_index, leaf_index - row_number() over (order by leaf_index) as island from gone) as one group by island)
        select count(*), min(leaf_index), max(leaf_index) into gone_count, gone_first, gone_last from gone;
      with touched as (delete from writ.record_blocks b where b.tenant_id = app.tid() and b.counts is not null
          and b.block between gone_first / 1024 and gone_last / 1024 returning b.*)
        insert into writ.record_blocks (tenant_id, block, first_at, last_at, first_ingested, last_ingested, terms)
        select t.tenant_id, t.block, t.first_at, t.last_at, t.first_ingested, t.last_ingested, t.terms from touched t
         where exists (select from writ.records r
           where r.tenant_id = t.tenant_id and r.leaf_index between t.block * 1024 and t.block * 1024 + 1023);
      delete from writ.record_blocks b where b.tenant_id = app.tid() and b.counts is null and b.last_ingested < since
        and b.block between gone_first / 1024 and gone_last / 1024 and not exists (select from writ.records r
          where r.tenant_id = b.tenant_id and r.leaf_index between b.block * 1024 and b.block * 1024 + 1023);
      perform set_config('app.removal', '', true);
      update writ.tenant_logs set removed = removed + gone_count where tenant_id = app.tid() and gone_count > 0;
      return query select gone_count, gone_first, gone_last;
    end $$;
  create or replace function app.unsettled_records(most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenants t left join writ.tenant_logs l on l.tenant_id = t.id
       where t.deleted_at is null and t.records_full <> (coalesce(l.size - l.removed, 0) >= t.max_records) order by t.id limit most
    $$;
  create policy retentions_platform on writ.retentions for select to writ_owner using (true);
  create function app.retention_due(moment timestamptz, most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenant_logs l join writ.tenants t on t.id = l.tenant_id
        left join writ.retentions r on r.tenant_id = t.id
       where t.deleted_at is null and coalesce(r.due_at, '-infinity') <= moment order by r.due_at nulls first, t.id limit most
    $$;
  revoke execute on function app.sealed_size(), app.kept_since(), app.remove_expired_records(integer),
    app.retention_due(timestamptz, integer) from public;
  grant execute on function app.kept_since(), app.remove_expired_records(integer), app.retention_due(timestamptz, integer) to writ_app;
`
