import type { MigrationInterface, QueryRunner } from 'typeorm'

/** How the log of each tenant stands, for whoever keeps an index apart from the ledger. */
export class IndexStanding1764000000027 implements MigrationInterface {
  name = 'IndexStanding1764000000027'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INDEX_STANDING)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const INDEX_STANDING = `
  create function app.index_standing() returns table (tenant_id text, size bigint, removed bigint, is_deleted boolean)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, l.size, l.removed, t.deleted_at is not null from writ.tenant_logs l join writ.tenants t on t.id = l.tenant_id order by t.id
    $$;
  revoke execute on function app.index_standing() from public;
  grant execute on function app.index_standing() to writ_app;
`
