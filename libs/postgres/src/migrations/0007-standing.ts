import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** Who counts, and for how long: epochs, switches of tenant, group and connection, humans that leave, tokens that are revoked one by one. */
export class Standing1764000000007 implements MigrationInterface {
  name = 'Standing1764000000007'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMNS)
    await runner.query(REVOKED_TOKENS)
    await runner.query(guardByTenant('revoked_tokens'))
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const COLUMNS = `
  alter table writ.tenants
    add epoch integer not null default 0,
    add suspended_at timestamptz,
    add body_digest_required boolean not null default false,
    add nonce_required boolean not null default false,
    add requests_per_second integer not null default 1000 check (requests_per_second > 0);
  alter table writ.access_groups add suspended_at timestamptz;
  alter table writ.connections add suspended_at timestamptz;
  alter table writ.humans
    add epoch integer not null default 0,
    add status text not null default 'active' check (status in ('active', 'suspended'));
`

// A token is forgotten once it would have expired anyway.
const REVOKED_TOKENS = `
  create table writ.revoked_tokens (
    tenant_id text not null references writ.tenants (id),
    jti text not null check (length(jti) <= 128),
    expires_at timestamptz not null,
    primary key (tenant_id, jti)
  );
`

const GRANTS = `
  grant update (epoch, suspended_at, body_digest_required, nonce_required, requests_per_second) on writ.tenants to writ_app;
  grant update (suspended_at) on writ.access_groups, writ.connections to writ_app;
  grant update (epoch, status, name, email) on writ.humans to writ_app;
  grant select, insert, delete on writ.revoked_tokens to writ_app;
`
