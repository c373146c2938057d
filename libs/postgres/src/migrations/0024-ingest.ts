import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Bytes of records are kept as they are: they hardly compress, and trying took a third of what keeping a record takes. */
export class Ingest1764000000024 implements MigrationInterface {
  name = 'Ingest1764000000024'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UNCOMPRESSED)
    await runner.query(PARTITIONS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// Of every partition that there is; what they hold stays as it was written, and is read as before.
const UNCOMPRESSED = `
  alter table writ.records alter column bytes set storage external;
`

// As in 0019, but that a new month is like the table in this too.
const PARTITIONS = `
  create or replace function app.make_partition(month_begin timestamptz) returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $$
    declare
      named text := 'records_' || to_char(month_begin at time zone 'UTC', 'YYYY_MM');
      month_end timestamptz := (month_begin at time zone 'UTC' + interval '1 month') at time zone 'UTC';
    begin
      if to_regclass('ledger.' || named) is not null then return false; end if;
      execute format('create table ledger.%I (like writ.records including defaults including constraints including storage)', named);
      if exists (select from ledger.records_default where ingested_at >= month_begin and ingested_at < month_end) then
        lock table writ.records in access exclusive mode;
        perform set_config('app.removal', 'expired', true);
        execute format('with moved as (delete from ledger.records_default where ingested_at >= $1 and ingested_at < $2 returning *)
          insert into ledger.%I (leaf_index, stream_no, seq, occurred_at, ingested_at, tenant_id, decision_id, kind, outcome,
            session_id, terms, bytes)
          select leaf_index, stream_no, seq, occurred_at, ingested_at, tenant_id, decision_id, kind, outcome,
            session_id, terms, bytes from moved', named) using month_begin, month_end;
        perform set_config('app.removal', '', true);
      end if;
      execute format('alter table writ.records attach partition ledger.%I for values from (%L) to (%L)', named, month_begin, month_end);
      perform app.guard_partition(named);
      return true;
    end $$;
`
