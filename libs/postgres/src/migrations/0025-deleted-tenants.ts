import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a deleted tenant left is kept for its retention too, and no longer. */
export class DeletedTenants1764000000025 implements MigrationInterface {
  name = 'DeletedTenants1764000000025'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RETENTION_DUE)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// Whoever lives is looked at also with nothing left: there will be more.
const RETENTION_DUE = `
  create or replace function app.retention_due(moment timestamptz, most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenant_logs l join writ.tenants t on t.id = l.tenant_id
        left join writ.retentions r on r.tenant_id = t.id
       where (t.deleted_at is null or l.size > l.removed) and coalesce(r.due_at, '-infinity') <= moment
       order by r.due_at nulls first, t.id limit most
    $$;
`
