import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Of more tenants with waiting packs than are looked at at once, those who asked first are looked at. */
export class OldestPacks1764000000029 implements MigrationInterface {
  name = 'OldestPacks1764000000029'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TO_WORK)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// One pack of each tenant at a time, the oldest first, and of the tenants too: ids begin with their time. And every file whose time is over.
const TO_WORK = `
  create or replace function app.packs_to_work(moment timestamptz, most integer)
    returns table (tenant_id text, slug text, pack_id text, is_over boolean)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      (select t.id, t.slug, p.id, true from writ.packs p join writ.tenants t on t.id = p.tenant_id
        where p.state = 'done' and p.expires_at <= moment order by p.expires_at limit most)
      union all
      (select next.tenant, next.slug, next.pack, false from (
        select distinct on (t.id) t.id as tenant, t.slug, p.id as pack from writ.packs p join writ.tenants t on t.id = p.tenant_id
         where p.state in ('waiting', 'making') and t.deleted_at is null and p.due_at <= moment
           and coalesce(p.leased_until, '-infinity') <= moment
         order by t.id, p.id) as next order by next.pack limit most)
    $$;
`
