import type { MigrationInterface, QueryRunner } from 'typeorm'

/** How many records a tenant may have the ledger keep, and who made an API key. */
export class RecordsKept1764000000014 implements MigrationInterface {
  name = 'RecordsKept1764000000014'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RECORDS_KEPT)
    await runner.query(MAKERS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// No trigger: what was done is always kept. Enforcement points begin nothing more, as soon as their bundle says `recordsFull`.
const RECORDS_KEPT = `
  alter table writ.tenants
    add max_records bigint not null default 50000000 check (max_records > 0),
    add records_full boolean not null default false;
  grant update (max_records, records_full) on writ.tenants to writ_app;
  create policy tenant_logs_platform on writ.tenant_logs for select to writ_owner using (true);
  create function app.unsettled_records(most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenants t left join writ.tenant_logs l on l.tenant_id = t.id
       where t.deleted_at is null and t.records_full <> (coalesce(l.size, 0) >= t.max_records) order by t.id limit most
    $$;
  revoke execute on function app.unsettled_records(integer) from public;
  grant execute on function app.unsettled_records(integer) to writ_app;
`

// made_by: whoever made a key, by their own sign-in or by another key of theirs, is behind what it does.
const MAKERS = `
  alter table writ.api_keys
    add made_by text,
    add constraint api_keys_maker foreign key (tenant_id, made_by) references writ.humans (tenant_id, id);
  drop function app.api_key_by_id(text);
  create function app.api_key_by_id(wanted text)
    returns table (tenant_id text, name text, role text, human_id text, made_by text, secret_sha256 text,
                   expires_at timestamptz, last_used_at timestamptz)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select tenant_id, name, role, human_id, made_by, secret_sha256, expires_at, last_used_at from writ.api_keys
       where id = wanted and revoked_at is null
    $$;
  revoke execute on function app.api_key_by_id(text) from public;
  grant execute on function app.api_key_by_id(text) to writ_app;
`
