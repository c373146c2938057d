import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Which bundles there are is read without the bundles; what nodes said of former ones may be removed. */
export class Publication1764000000031 implements MigrationInterface {
  name = 'Publication1764000000031'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(VERSIONS)
    await runner.query('grant delete on writ.bundle_acknowledgements to writ_app')
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// app.bundle_heads stays: a control plane of the release before asks it while it runs beside this one.
const VERSIONS = `
  create function app.bundle_versions() returns table (tenant_id text, slug text, version integer)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select id, slug, bundle_version from writ.tenants where deleted_at is null and bundle_version > 0 order by id
    $$;
  revoke execute on function app.bundle_versions() from public;
  grant execute on function app.bundle_versions() to writ_app;
`
