import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** What devices found on their machines: of each the newest report, and what is different from the one before. */
export class Inventory1764000000013 implements MigrationInterface {
  name = 'Inventory1764000000013'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INVENTORIES)
    await runner.query(guardByTenant('inventories'))
    await runner.query('grant select, insert, update on writ.inventories to writ_app')
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// Reports as text, in which JSON escapes what Postgres text cannot hold. The counts are read from the report once, as it comes in.
const INVENTORIES = `
  create table writ.inventories (
    tenant_id text not null references writ.tenants (id),
    device_id text not null,
    platform text not null,
    scanned_at timestamptz not null,
    received_at timestamptz not null,
    agents integer not null,
    servers integer not null,
    high integer not null,
    medium integer not null,
    low integer not null,
    changed integer not null,
    report text not null,
    changes text not null,
    primary key (tenant_id, device_id),
    foreign key (tenant_id, device_id) references writ.devices (tenant_id, id)
  );
`
