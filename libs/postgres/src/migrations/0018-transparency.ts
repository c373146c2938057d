import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** The trees over the ledger: tiles and signed checkpoints of every tenant's log, and the one global log of those checkpoints. */
export class Transparency1764000000018 implements MigrationInterface {
  name = 'Transparency1764000000018'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TENANT_TREES)
    await runner.query(GLOBAL_TREE)
    await runner.query(WRITE_ONCE)
    for (const table of TENANT_TABLES) await runner.query(guardByTenant(table))
    await runner.query(UNSEALED)
    await runner.query(KEYS)
    await runner.query(KEPT)
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const TENANT_TABLES = ['tenant_trees', 'log_tiles', 'checkpoints', 'trust_files', 'log_forks']

const tilesTable = (name: string, tenant: string, key: string): string => `
  create table writ.${name} (
    ${tenant}
    epoch integer not null,
    level smallint not null check (level between 0 and 6),
    index bigint not null check (index >= 0),
    hashes bytea not null check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0),
    primary key (${key} epoch, level, index)
  );
`

const checkpointsTable = (name: string, tenant: string, key: string): string => `
  create table writ.${name} (
    ${tenant}
    seq bigint not null,
    epoch integer not null,
    origin text not null,
    size bigint not null check (size >= 0),
    root bytea not null check (length(root) = 32),
    note text not null,
    at timestamptz not null,
    global_index bigint,
    primary key (${key} seq)
  );
`

const treeColumns = `
    log_id text not null,
    salt bytea not null,
    epoch integer not null default 0,
    size bigint not null default 0,
    checkpoints bigint not null default 0,
    sealed_at timestamptz,
    archived_size bigint not null default 0,
    patrolled bigint not null default 0,
    patrolled_at timestamptz,
    stopped text,
    stopped_at timestamptz
`

const TENANT = 'tenant_id text not null references writ.tenants (id),'

// log_id: names the log to strangers and says nothing of the tenant. salt: with it, and only with it, a leaf of the global log is known
// to be of this tenant. size: of the newest checkpoint.
const TENANT_TREES = `
  create table writ.tenant_trees (
    tenant_id text primary key references writ.tenants (id),
    ${treeColumns}
  );
  ${tilesTable('log_tiles', TENANT, 'tenant_id,')}
  ${checkpointsTable('checkpoints', TENANT, 'tenant_id,')}
  create table writ.trust_files (
    ${TENANT}
    version integer not null,
    file text not null,
    at timestamptz not null,
    primary key (tenant_id, version)
  );
  create table writ.log_forks (
    ${TENANT}
    epoch integer not null,
    notice text not null,
    at timestamptz not null,
    primary key (tenant_id, epoch)
  );
`

// leaves: how many leaves it has, sealed or not; its row lock numbers them.
const GLOBAL_TREE = `
  create table writ.global_trees (
    id boolean primary key default true check (id),
    leaves bigint not null default 0,
    ${treeColumns}
  );
  create table writ.global_leaves (
    leaf_index bigint primary key,
    bytes bytea not null,
    at timestamptz not null
  );
  ${tilesTable('global_tiles', '', '')}
  ${checkpointsTable('global_checkpoints', '', '')}
`

// A tile grows to the right and never changes otherwise; of a checkpoint only the cosignatures behind it grow.
const WRITE_ONCE = `
  create function app.widen_only() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      if substr(new.hashes, 1, length(old.hashes)) <> old.hashes or length(new.hashes) < length(old.hashes) then
        raise exception 'a tile only grows' using errcode = 'insufficient_privilege';
      end if;
      return new;
    end $$;
  create function app.cosign_only() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      if substr(new.note, 1, length(old.note)) <> old.note then
        raise exception 'a checkpoint is only cosigned' using errcode = 'insufficient_privilege';
      end if;
      return new;
    end $$;
  ${['log_tiles', 'global_tiles']
    .map(
      (table) => `
  create trigger ${table}_widen_only before update on writ.${table} for each row execute function app.widen_only();
  create trigger ${table}_stay before delete or truncate on writ.${table}
    for each statement execute function app.refuse_change();`,
    )
    .join('')}
  ${['checkpoints', 'global_checkpoints']
    .map(
      (table) => `
  create trigger ${table}_cosign_only before update on writ.${table} for each row execute function app.cosign_only();
  create trigger ${table}_stay before delete or truncate on writ.${table}
    for each statement execute function app.refuse_change();`,
    )
    .join('')}
  ${['trust_files', 'log_forks', 'global_leaves']
    .map(
      (table) => `
  create trigger ${table}_append_only before update or delete or truncate on writ.${table}
    for each statement execute function app.refuse_change();`,
    )
    .join('')}
`

// Also tenants that were deleted: their records stay evidence, and so must their checkpoints.
const UNSEALED = `
  create policy tenant_trees_platform on writ.tenant_trees for select to writ_owner using (true);
  create function app.unsealed_logs(sealed_before timestamptz, most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenant_logs l join writ.tenants t on t.id = l.tenant_id
        left join writ.tenant_trees s on s.tenant_id = t.id
       where l.size > 0 and (l.size > coalesce(s.size, 0) or s.archived_size < s.size or s.sealed_at is null or s.sealed_at < sealed_before or s.stopped is not null)
       order by s.stopped is not null, s.sealed_at nulls first limit most
    $$;
  create function app.unpatrolled_logs(most integer) returns table (tenant_id text, slug text)
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select t.id, t.slug from writ.tenant_trees s join writ.tenants t on t.id = s.tenant_id
       where s.size > 0 and s.stopped is null order by s.patrolled_at nulls first limit most
    $$;
  create function app.stopped_logs() returns bigint
    security definer set search_path = pg_catalog, pg_temp language sql stable as $$
      select (select count(*) from writ.tenant_trees where stopped is not null) + (select count(*) from writ.global_trees where stopped is not null)
    $$;
  revoke execute on function app.unsealed_logs(timestamptz, integer), app.unpatrolled_logs(integer), app.stopped_logs() from public;
  grant execute on function app.unsealed_logs(timestamptz, integer), app.unpatrolled_logs(integer), app.stopped_logs() to writ_app;
`

// use_after: a key is published for a while before anything is signed with it.
const KEYS = `
  alter table writ.platform_keys add use_after timestamptz not null default now();
`

// The records stay when their tenant is erased, and so do the trees over them. Erasing asks the tables themselves, see 0019.
const KEPT = TENANT_TABLES.map(
  (table) => `comment on table writ.${table} is 'kept when its tenant is erased';`,
).join('')

const GRANTS = `
  grant select, insert, update (epoch, size, checkpoints, sealed_at, archived_size, patrolled, patrolled_at, stopped, stopped_at)
    on writ.tenant_trees to writ_app;
  grant select, insert, update (leaves, epoch, size, checkpoints, sealed_at, archived_size, patrolled, patrolled_at, stopped, stopped_at)
    on writ.global_trees to writ_app;
  grant select, insert, update (hashes) on writ.log_tiles, writ.global_tiles to writ_app;
  grant select, insert, update (note) on writ.checkpoints, writ.global_checkpoints to writ_app;
  grant select, insert on writ.trust_files, writ.log_forks, writ.global_leaves to writ_app;
`
