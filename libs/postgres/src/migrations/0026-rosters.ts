import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** The agents and humans of a tenant that has too many for one bundle, in parts that the bundle names by their hashes; what a worker knows of nodes. */
export class Rosters1764000000026 implements MigrationInterface {
  name = 'Rosters1764000000026'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ROSTER_PARTS)
    await runner.query(guardByTenant('roster_parts'))
    await runner.query(MAKERS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// left_at: since when the newest bundle names it no more; null while it does. An enforcement point may be reading it for a little longer.
const ROSTER_PARTS = `
  create table writ.roster_parts (
    tenant_id text not null references writ.tenants (id),
    sha256 text not null,
    part text not null,
    left_at timestamptz,
    primary key (tenant_id, sha256)
  );
  grant select, insert, update (left_at), delete on writ.roster_parts to writ_app;
`

// Which records a node may sign depends on what it is.
const MAKERS = 'grant select (kind) on writ.nodes to writ_worker'
