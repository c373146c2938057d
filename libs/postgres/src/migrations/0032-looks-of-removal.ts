import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Records under hold are looked at once in a round of removals, and not again for each piece that goes; ended sessions are found by their end. */
export class LooksOfRemoval1764000000032 implements MigrationInterface {
  name = 'LooksOfRemoval1764000000032'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PLACE)
    await runner.query(REMOVAL)
    await runner.query(
      'create index sessions_ended on writ.sessions (tenant_id, ended_at) where ended_at is not null',
    )
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// Where the next look begins; 0 once a round is over. Whoever sets it wrongly puts removals off until the next round.
const PLACE = `
  alter table writ.retentions add column next_leaf bigint not null default 0;
  grant insert (next_leaf), update (next_leaf) on writ.retentions to writ_app;
`

// As app.remove_expired_records of 0019, which stays for a control plane of the release before, but that so many records are looked at, and
// not so many removed: of a log under hold that one would look at all of them for each piece.
const REMOVAL = `
  create function app.remove_expired_piece(from_leaf bigint, most integer)
    returns table (removed bigint, first_leaf bigint, last_leaf bigint, next_leaf bigint)
    security definer set search_path = pg_catalog, pg_temp language plpgsql volatile as $$
    #variable_conflict use_column
    declare
      since timestamptz := app.kept_since();
      covered bigint := app.sealed_size();
      gone_count bigint;
      gone_first bigint;
      gone_last bigint;
      looked_next bigint;
    begin
      perform set_config('app.removal', 'expired', true);
      with looked as materialized (
          select r.leaf_index, r.ingested_at, r.occurred_at, r.terms from writ.records r
           where r.tenant_id = app.tid() and r.ingested_at < since and r.leaf_index < covered and r.leaf_index >= from_leaf
           order by r.leaf_index limit most),
        expired as (
          select r.leaf_index, r.ingested_at from looked r
           where not exists (select from writ.holds h where h.tenant_id = app.tid()
               and (h.released_at is null or h.released_at > now() - interval '7 days')
               and (r.terms is null or r.terms @> h.terms)
               and ((r.occurred_at >= coalesce(h.from_at, '-infinity') and r.occurred_at < coalesce(h.until_at, 'infinity'))
                 or (r.ingested_at >= coalesce(h.from_at, '-infinity') and r.ingested_at < coalesce(h.until_at, 'infinity')))
               and r.leaf_index between coalesce(h.first_leaf, 0) and coalesce(h.last_leaf, 9223372036854775807))),
        gone as (delete from writ.records r using expired e where r.tenant_id = app.tid() and r.leaf_index = e.leaf_index
          and r.ingested_at = e.ingested_at and r.ingested_at < since returning r.leaf_index),
        noted as (insert into writ.removals (tenant_id, first_leaf, last_leaf)
          select app.tid(), min(leaf_index), max(leaf_index)
            from (select leaf_index, leaf_index - row_number() over (order by leaf_index) as island from gone) as one group by island)
        select (select count(*) from gone), (select min(leaf_index) from gone), (select max(leaf_index) from gone),
               (select case when count(*) = most then max(leaf_index) + 1 end from looked)
          into gone_count, gone_first, gone_last, looked_next;
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
      return query select gone_count, gone_first, gone_last, looked_next;
    end $$;
  revoke execute on function app.remove_expired_piece(bigint, integer) from public;
  grant execute on function app.remove_expired_piece(bigint, integer) to writ_app;
`
