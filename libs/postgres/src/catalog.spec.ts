import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { openDatabase } from './data-source.ts'
import type { Database } from './data-source.ts'
import { ingestBatch } from './ledger.ts'
import { announceBundle } from './outbox.ts'
import { createTenantScope } from './tenant-scope.ts'
import {
  createTestDatabase,
  createTestNode,
  createTestStream,
  insertTestNode,
  insertTestTenant,
  testId,
} from './testing.ts'
import type { TestDatabase } from './testing.ts'

jest.setTimeout(60_000)

/** Tables that belong to no tenant. Everything else in the schema is a tenant's. */
const GLOBAL_TABLES = [
  'audit_quarantine',
  'global_checkpoints',
  'global_forks',
  'global_leaves',
  'global_tiles',
  'global_trees',
  'migrations',
  'nodes',
  'platform_keys',
]
/** Row policies besides the tenant's own: what the functions below may read over all tenants. */
const PLATFORM_POLICIES = [
  'agents_platform',
  'api_keys_platform',
  'bundles_platform',
  'devices_platform',
  'identity_keys_platform',
  'outbox_platform',
  'outbox_publish',
  'outlet_dead_letters_platform',
  'outlets_platform',
  'packs_platform',
  'reapings_platform',
  'reconciliations_platform',
  'retentions_platform',
  'stream_batches_platform',
  'stream_losses_platform',
  'streams_platform',
  'tenant_logs_platform',
  'tenant_trees_platform',
  'tenants_platform',
  'tenants_release',
  'unended_decisions_platform',
]
/** Unique over all tenants on purpose: a slug stands in a URL, and only the operator makes tenants. */
const GLOBAL_UNIQUE = ['tenants_pkey', 'tenants_slug_key']
const DEFINER_FUNCTIONS = [
  'api_key_by_id',
  'bundle_by_slug',
  'bundle_heads',
  'bundle_versions',
  'changes_after',
  'device_by_id',
  'drop_empty_partitions',
  'due_outlets',
  'erase_tenant',
  'feed_position',
  'forget_bundles',
  'identity_key_taken',
  'index_standing',
  'mark_published',
  'nodes_to_endorse',
  'outlet_standing',
  'packs_to_work',
  'pending_outbox',
  'prepare_partitions',
  'release_slug',
  'remove_expired_piece',
  'remove_expired_records',
  'retention_due',
  'silent_streams',
  'stopped_logs',
  'stream_archives',
  'stream_watermarks',
  'tenant_by_slug',
  'tenants_without_outlet',
  'unpatrolled_logs',
  'unreaped_tenants',
  'unreconciled_tenants',
  'unsealed_logs',
  'unsealed_tenants',
  'unsettled_records',
]
const LEDGER_TABLES = [
  'audit_quarantine',
  'record_blocks',
  'records',
  'stream_batches',
  'streams',
  'tenant_logs',
]

let database: TestDatabase
let owner: Client
let app: Database
let tenantTables: string[]

beforeAll(async () => {
  database = await createTestDatabase()
  owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
  // Names then come with their schema, whatever the owner is called.
  await owner.query("set search_path = ''")
  app = await openDatabase(database.appUrl, { poolSize: 2, applicationName: 'catalog spec' })
  const rows = await list(
    `select relname from pg_class where relnamespace = 'writ'::regnamespace and relkind in ('r', 'p')`,
  )
  tenantTables = rows.filter((table) => !GLOBAL_TABLES.includes(table))
})

afterAll(async () => {
  await app.close()
  await owner.end()
  await database.drop()
})

async function list(sql: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await owner.query<string[]>({ text: sql, values, rowMode: 'array' })
  return rows.map((row) => String(row[0])).sort()
}

const tenantColumn = (table: string): string => (table === 'tenants' ? 'id' : 'tenant_id')

/** Every way in which the schema would let one tenant reach another. Empty when it holds. */
async function schemaFaults(): Promise<string[]> {
  return [
    ...(await columnFaults()),
    ...(await rowSecurityFaults()),
    ...(await foreignKeyFaults()),
    ...(await uniqueFaults()),
    ...(await viewFaults()),
    ...(await ownerFaults()),
  ]
}

async function columnFaults(): Promise<string[]> {
  const present = await list(
    `select attrelid::regclass from pg_attribute
      where attnotnull and attname = case when attrelid = 'writ.tenants'::regclass then 'id' else 'tenant_id' end`,
  )
  return tenantTables
    .filter((table) => !present.includes(`writ.${table}`))
    .map((table) => `${table} has no tenant column`)
}

async function rowSecurityFaults(): Promise<string[]> {
  const unforced = await list(
    `select relname || ' does not force row security' from pg_class
      where relnamespace = 'writ'::regnamespace and relname = any($1) and not (relrowsecurity and relforcerowsecurity)`,
    [tenantTables],
  )
  const own = await list(
    `select tablename from pg_policies where schemaname = 'writ' and policyname = tablename || '_tenant' and cmd = 'ALL'
        and roles = '{public}' and permissive = 'PERMISSIVE' and qual = with_check
        and qual = format('(%s = ( SELECT app.tid() AS tid))', case tablename when 'tenants' then 'id' else 'tenant_id' end)`,
  )
  const others = await list(
    `select policyname || ' is a policy that is not listed' from pg_policies where schemaname = 'writ'
        and policyname <> tablename || '_tenant' and not (policyname = any($1) and roles = '{writ_owner}')`,
    [PLATFORM_POLICIES],
  )
  const unguarded = tenantTables.filter((table) => !own.includes(table))
  return [...unforced, ...unguarded.map((table) => `${table} has no tenant policy`), ...others]
}

async function foreignKeyFaults(): Promise<string[]> {
  const { rows } = await owner.query<{ name: string; target: string; pairs: string[] }>(
    `select conname as name, target.relname as target,
            array(select a.attname || '>' || b.attname
                    from unnest(conkey, confkey) as pair (here, there)
                    join pg_attribute a on a.attrelid = conrelid and a.attnum = here
                    join pg_attribute b on b.attrelid = confrelid and b.attnum = there)::text[] as pairs
       from pg_constraint join pg_class target on target.oid = confrelid
      where contype = 'f' and conrelid in (select oid from pg_class where relnamespace = 'writ'::regnamespace)`,
  )
  return rows
    .filter(({ target }) => !GLOBAL_TABLES.includes(target))
    .filter(
      ({ target, pairs }) =>
        !pairs.some((pair) => pair === `tenant_id>${tenantColumn(target)}` || pair === 'id>tenant_id'),
    )
    .map(({ name }) => `${name} does not carry the tenant`)
}

const uniqueFaults = (): Promise<string[]> =>
  list(
    `select indexrelid::regclass || ' is unique without the tenant' from pg_index join pg_class t on t.oid = indrelid
       join pg_class i on i.oid = indexrelid
      where indisunique and t.relnamespace = 'writ'::regnamespace and t.relname = any($1) and i.relname <> all($2)
        and not exists (select from pg_attribute where attrelid = indrelid and attnum = any(indkey) and attname = 'tenant_id')`,
    [tenantTables, GLOBAL_UNIQUE],
  )

const viewFaults = (): Promise<string[]> =>
  list(
    `select relname || ' shows rows past row security' from pg_class
      where relnamespace in ('writ'::regnamespace, 'app'::regnamespace)
        and (relkind = 'm' or (relkind = 'v' and not coalesce('security_invoker=true' = any(reloptions), false)))`,
  )

const ownerFaults = (): Promise<string[]> =>
  list(
    `select relname || ' is not owned by writ_owner' from pg_class
      where relnamespace in ('writ'::regnamespace, 'app'::regnamespace) and relowner <> 'writ_owner'::regrole`,
  )

/** Runs in a transaction that is taken back: a copy of the schema in which one thing is broken. */
async function broken(change: string, look: () => Promise<unknown>): Promise<void> {
  await owner.query('begin')
  try {
    await owner.query(change)
    await look()
  } finally {
    await owner.query('rollback')
  }
}

describe('the schema', () => {
  it('keeps tenants apart in every table', async () => {
    expect(tenantTables.length).toBeGreaterThanOrEqual(27)
    expect(await schemaFaults()).toEqual([])
  })

  it('shows each way of breaking that as a fault', async () => {
    const breakings = [
      'alter table writ.agents no force row level security',
      'alter table writ.agents disable row level security',
      'alter table writ.agents alter column human_id drop not null, drop constraint agents_pkey cascade, alter column tenant_id drop not null',
      'create policy open on writ.agents for select using (true)',
      'alter policy tenants_platform on writ.tenants to public',
      'alter policy agents_tenant on writ.agents with check (true)',
      'create table writ.extra (id text primary key)',
      'alter table writ.agents add parent_id text unique',
      'create unique index on writ.agents (human_id)',
      'create materialized view writ.everything as select * from writ.agents',
      'create view writ.everything as select * from writ.agents',
      'alter table writ.agents owner to writ_app',
      `alter table writ.humans add constraint bare unique (id);
       alter table writ.agents add constraint crossing foreign key (human_id) references writ.humans (id)`,
    ]
    for (const change of breakings) {
      await broken(change, async () => {
        tenantTables.push(...(change.includes('writ.extra') ? ['extra'] : []))
        expect({ change, faults: await schemaFaults() }).not.toEqual({ change, faults: [] })
        tenantTables = tenantTables.filter((table) => table !== 'extra')
      })
    }
  })

  it('is red without any single tenant policy', async () => {
    for (const table of tenantTables)
      await broken(`drop policy ${table}_tenant on writ.${table}`, async () =>
        expect(await schemaFaults()).toContain(`${table} has no tenant policy`),
      )
  })

  it('lists every function that runs with the rights of the owner', async () => {
    const definers = `from pg_proc where prosecdef and pronamespace not in ('pg_catalog'::regnamespace)`
    expect(await list(`select proname ${definers}`)).toEqual(DEFINER_FUNCTIONS)
    expect(
      await list(
        `select proname ${definers} and not (proconfig @> array['search_path=pg_catalog, pg_temp']
           and proowner = 'writ_owner'::regrole and not has_function_privilege('writ_worker', oid, 'execute'))`,
      ),
    ).toEqual([])
    expect(
      await list(`select proname ${definers} and exists (select from aclexplode(proacl) where grantee = 0)`),
    ).toEqual([])
  })

  it('gives the roles of the apps no way to the owner', async () => {
    const roles = `from unnest(array['writ_app', 'writ_worker']) as role`
    expect(await list(`select role ${roles} where pg_has_role(role, 'writ_owner', 'member')`)).toEqual([])
    expect(
      await list(`select role ${roles} join pg_roles on rolname = role where rolsuper or rolbypassrls`),
    ).toEqual([])
    expect(
      await list(
        `select role ${roles}, unnest(array['writ', 'app']) as schema where has_schema_privilege(role, schema, 'create')`,
      ),
    ).toEqual([])
  })
})

const writable = (role: string, privilege: string): Promise<string[]> =>
  list(
    `select relname from pg_class where relnamespace = 'writ'::regnamespace and relkind in ('r', 'p')
        and (has_table_privilege($1, oid, $2) or ($2 in ('insert', 'update') and has_any_column_privilege($1, oid, $2)))`,
    [role, privilege],
  )

describe('the roles of the apps', () => {
  it('let the worker write the ledger and nothing else', async () => {
    expect(await writable('writ_worker', 'insert')).toEqual(LEDGER_TABLES)
    expect(await writable('writ_worker', 'update')).toEqual(['streams', 'tenant_logs'])
    expect(await writable('writ_worker', 'delete')).toEqual([])
    expect(await writable('writ_worker', 'select')).toEqual([
      'record_blocks',
      'records',
      'stream_batches',
      'streams',
      'tenant_logs',
    ])
  })

  it('let the app write no record', async () => {
    const writes = await Promise.all(['insert', 'update', 'delete'].map((kind) => writable('writ_app', kind)))
    for (const table of [...LEDGER_TABLES.filter((one) => one !== 'streams'), 'removals'])
      expect(writes.flat()).not.toContain(table)
    const { rows } = await owner.query(
      `select has_column_privilege('writ_app', 'writ.streams', 'next_seq', 'update') as next,
              has_column_privilege('writ_app', 'writ.streams', 'head_hash', 'insert') as head`,
    )
    expect(rows).toEqual([{ next: false, head: false }])
  })
})

async function fill(slug: string): Promise<string> {
  const scope = createTenantScope(app)
  const tenant = await insertTestTenant(scope, slug)
  await scope.run(tenant, async (manager) => {
    for (const statement of rowsOf(testId)) await manager.query(statement)
    await announceBundle(manager, { tenantId: tenant, slug, version: 1 })
  })
  await keepRecord(tenant)
  return tenant
}

async function keepRecord(tenant: Parameters<typeof createTestStream>[1]): Promise<void> {
  const node = createTestNode()
  await insertTestNode(database, node)
  await owner.query(
    `insert into writ.bundle_acknowledgements (tenant_id, node_id, version, outcome, detail) values ($1, $2, 1, 'applied', '')`,
    [tenant, node.id],
  )
  await owner.query('insert into writ.removals (tenant_id, first_leaf, last_leaf) values ($1, 0, 0)', [
    tenant,
  ])
  await owner.query(
    'insert into writ.record_blocks (tenant_id, block, first_at, last_at, first_ingested, last_ingested) values ($1, 0, now(), now(), now(), now())',
    [tenant],
  )
  const worker = await openDatabase(database.workerUrl, { poolSize: 1, applicationName: 'catalog spec' })
  await ingestBatch(createTenantScope(worker), createTestStream(node, tenant, 1).opened(0, 1))
  await worker.close()
}

/** Tables in which the app, working for `tenant`, sees a row of another tenant. */
async function leaks(tenant: string): Promise<string[]> {
  const leaking: string[] = []
  await owner.query('savepoint sweep')
  await owner.query(`select set_config('app.tenant_id', $1, true)`, [tenant])
  await owner.query('set local role writ_app')
  for (const table of tenantTables) {
    const { rows } = await owner.query(
      `select count(*) filter (where ${tenantColumn(table)} = $1)::int as own, count(*)::int as seen from writ.${table}`,
      [tenant],
    )
    if (rows[0].own !== rows[0].seen || (tenant !== '' && rows[0].own === 0)) leaking.push(table)
  }
  await owner.query('rollback to sweep')
  return leaking
}

describe('two tenants with a row in every table', () => {
  let mine: string
  let theirs: string

  beforeAll(async () => {
    ;[mine, theirs] = [await fill('mine'), await fill('theirs')]
    for (const table of tenantTables)
      expect({ table, rows: await list(`select ${tenantColumn(table)} from writ.${table}`) }).toEqual({
        table,
        rows: [mine, theirs].sort(),
      })
  })

  it('see their own rows and none of the other', async () => {
    await broken('select 1', async () => {
      expect(await leaks(mine)).toEqual([])
      expect(await leaks(theirs)).toEqual([])
    })
  })

  it('are both invisible when no tenant is set', async () => {
    await broken('select 1', async () => expect(await leaks('')).toEqual([]))
  })

  it('keep every row, even where the app may update every column', async () => {
    for (const table of tenantTables) {
      // What is append-only refuses the change before row security is asked.
      const move = `update writ.${table} set ${tenantColumn(table)} = '${theirs}' where ${tenantColumn(table)} = '${mine}'`
      await broken(
        `select set_config('app.tenant_id', '${mine}', true);
         grant update on all tables in schema writ to writ_app; set local role writ_app`,
        async () => {
          await expect(owner.query(move)).rejects.toMatchObject({ code: '42501' })
        },
      )
    }
  })

  it('are caught by the sweep when a policy is opened or dropped', async () => {
    for (const table of tenantTables) {
      await broken(`alter policy ${table}_tenant on writ.${table} using (true)`, async () =>
        expect(await leaks(mine)).toEqual([table]),
      )
      await broken(`drop policy ${table}_tenant on writ.${table}`, async () =>
        expect(await leaks(mine)).toEqual([table]),
      )
    }
  })
})

/** One row for each table that the app fills, for the tenant that is set. */
function rowsOf(id: (prefix: 'hum' | 'agt' | 'pol' | 'con') => string): string[] {
  const [human, agent, policy, connection] = [id('hum'), id('agt'), id('pol'), id('con')]
  const name = randomBytes(4).toString('hex')
  const group = `(select id from writ.access_groups where is_default)`
  return [
    `insert into writ.tenant_keys (tenant_id, version, wrapped_dek) values (app.tid(), 1, '\\x00')`,
    `insert into writ.signing_keys (tenant_id, kid, public_jwk, sealed_private) values (app.tid(), 'k', '{}', '\\x00')`,
    `insert into writ.api_keys (tenant_id, id, name, role, secret_sha256) values (app.tid(), 'wak_${name}', 'n', 'owner', 's')`,
    `insert into writ.administration_events (tenant_id, seq, decision_id, at, administration) values (app.tid(), 1, 'd', now(), '{}')`,
    `insert into writ.findings (tenant_id, id, fact, kind, severity, session_id, decisions, text, found_at) values (app.tid(), 'dec_1', 'f', 'k', 'low', 'ses_1', '{}', 't', now())`,
    `insert into writ.reconciliations (tenant_id) values (app.tid())`,
    `insert into writ.retentions (tenant_id, months, former_months) values (app.tid(), 13, 13)`,
    `insert into writ.holds (tenant_id, id, reason, placed_by, filter, terms) values (app.tid(), 'hld', 'r', '{}', '{}', '{}')`,
    `insert into writ.tenant_trees (tenant_id, log_id, salt) values (app.tid(), 'l', '\\x00')`,
    `insert into writ.log_tiles (tenant_id, epoch, level, index, hashes) values (app.tid(), 0, 0, 0, sha256(''))`,
    `insert into writ.checkpoints (tenant_id, seq, epoch, origin, size, root, note, at) values (app.tid(), 1, 0, 'o', 1, sha256(''), 'n', now())`,
    `insert into writ.trust_files (tenant_id, version, file, at) values (app.tid(), 1, '{}', now())`,
    `insert into writ.log_forks (tenant_id, epoch, notice, at) values (app.tid(), 1, 'n', now())`,
    `insert into writ.outlets (tenant_id, id, name, kind, target, created_at, created_by)
      values (app.tid(), 'out', 'n', 'webhook', '{}', now(), 'k')`,
    `insert into writ.outlet_secrets (tenant_id, outlet_id, purpose, version, sealed_secret, made_at)
      values (app.tid(), 'out', 'signing', 1, '\\x00', now())`,
    `insert into writ.outlet_dead_letters (tenant_id, outlet_id, leaf_index, to_leaf, reason, detail, tries)
      values (app.tid(), 'out', 0, 1, 'refused', 'd', 1)`,
    `insert into writ.packs (tenant_id, id, kind, query, requested_by, requested_at, disclosed, log_size)
      values (app.tid(), 'pck', 'range', '{}', '{}', now(), false, 1)`,
    `insert into writ.pack_pieces (tenant_id, pack_id, at, piece) values (app.tid(), 'pck', 0, '\\x00')`,
    `insert into writ.humans (tenant_id, id, name, email) values (app.tid(), '${human}', 'n', '${name}@example.test')`,
    `insert into writ.subject_keys (tenant_id, id, human_id, public_key, sealed_private, created_at)
      values (app.tid(), 'sub', '${human}', 'k', '\\x00', now())`,
    `insert into writ.reapings (tenant_id) values (app.tid())`,
    `insert into writ.unended_decisions (tenant_id, decision_id, leaf_index) values (app.tid(), 'dec', 0)`,
    `insert into writ.stream_losses (tenant_id, stream_id, from_seq, to_seq, found_at)
      values (app.tid(), 's', 0, 1, now())`,
    `insert into writ.agents (tenant_id, id, name, human_id) values (app.tid(), '${agent}', 'n', '${human}')`,
    `insert into writ.enrolment_tokens (tenant_id, id, agent_id, secret_sha256, expires_at) values (app.tid(), 'e', '${agent}', 's', now())`,
    `insert into writ.sessions (tenant_id, id, agent_id, human_id, key_thumbprint) values (app.tid(), 's', '${agent}', '${human}', 't')`,
    `insert into writ.used_proofs (tenant_id, key, expires_at) values (app.tid(), 'k', now())`,
    `insert into writ.policies (tenant_id, id, name) values (app.tid(), '${policy}', 'n')`,
    `insert into writ.policy_versions (tenant_id, policy_id, version, document) values (app.tid(), '${policy}', 1, '{}')`,
    `insert into writ.connections (tenant_id, id, name, url, credential_kind) values (app.tid(), '${connection}', 'n', 'u', 'none')`,
    `insert into writ.group_agents select app.tid(), ${group}, '${agent}'`,
    `insert into writ.group_humans select app.tid(), ${group}, '${human}'`,
    `insert into writ.group_policies select app.tid(), ${group}, '${policy}'`,
    `insert into writ.group_connections select app.tid(), ${group}, '${connection}'`,
    `insert into writ.bundles (tenant_id, version, signed, sha256) values (app.tid(), 1, 's', 'h')`,
    `insert into writ.roster_parts (tenant_id, sha256, part) values (app.tid(), 'h', 'p')`,
    `insert into writ.overrides (tenant_id, id, policy_id, rule, principal, resource, until, reason, created_by)
      values (app.tid(), 'o', '${policy}', 'r', '${agent}', '*', now(), 'r', 'k')`,
    `insert into writ.approvals (tenant_id, id, claim_sha256, session_id, agent_id, human_id, connection_id, tool, args_sha256,
        bundle_version, bundle_sha256, policy_id, rule, reason, expires_at)
      values (app.tid(), 'a', 'c', 's', '${agent}', '${human}', '${connection}', 't', 'h', 1, 'h', '${policy}', 'r', 'r', now())`,
    `insert into writ.tool_definitions (tenant_id, connection_id, kind, name, pin, content_pin, description, annotations)
      values (app.tid(), '${connection}', 'tool', 't', 'p', 'c', 'd', '{}')`,
    `with node as (insert into writ.nodes (id, name, public_key, lease_key, origin, build)
        values ('nod_${name}_upstreams', 'n', '${name}-upstreams', '{}', 'o', 'b') returning id)
      insert into writ.connection_states (tenant_id, connection_id, node_id, credential_version, state, since)
      select app.tid(), '${connection}', id, 0, 'working', now() from node`,
    `insert into writ.identity_keys (tenant_id, thumbprint, agent_id) values (app.tid(), '${name}', '${agent}')`,
    `insert into writ.grants (tenant_id, id, agent_id, human_id, until) values (app.tid(), 'g', '${agent}', '${human}', now())`,
    `insert into writ.device_codes (tenant_id, code_sha256, user_code, agent_id, interval_seconds, expires_at)
      values (app.tid(), 'c', 'u', '${agent}', 5, now())`,
    `insert into writ.authorization_codes (tenant_id, code_sha256, agent_id, grant_id, redirect_uri, code_challenge, auth_time, amr, expires_at)
      values (app.tid(), 'c', '${agent}', 'g', 'r', 'c', now(), '{}', now())`,
    `with node as (insert into writ.nodes (id, name, public_key, lease_key, origin, build, kind)
        values ('nod_${name}', 'n', '${name}', '{}', '', 'b', 'device') returning id)
      insert into writ.devices (tenant_id, id, agent_id, joined_at, proven_at) select app.tid(), id, '${agent}', now(), now() from node`,
    `insert into writ.inventories (tenant_id, device_id, platform, scanned_at, received_at, agents, servers, high, medium, low,
        changed, report, changes) values (app.tid(), 'nod_${name}', 'linux', now(), now(), 0, 0, 0, 0, 0, 0, '{}', '[]')`,
    `insert into writ.package_documents (tenant_id, sha256, signed, title, size_bytes, set_at, set_by)
      values (app.tid(), 'h', 's', 't', 1, now(), 'k')`,
    `insert into writ.revoked_tokens (tenant_id, jti, expires_at) values (app.tid(), 'j', now())`,
    `insert into writ.sso_connections (tenant_id, id, name, issuer, client_id, sealed_secret, scopes, jit, created_at)
      values (app.tid(), 'sso', 'n', 'i', 'c', '\\x00', '{}', false, now())`,
    `insert into writ.sso_domains (tenant_id, id, domain, sso_id, token, created_at) values (app.tid(), 'd', 'd', 'sso', 't', now())`,
    `insert into writ.human_identities (tenant_id, issuer, subject, human_id, created_at) values (app.tid(), 'i', 's', '${human}', now())`,
    `insert into writ.human_sessions (tenant_id, id_sha256, human_id, created_at, last_seen_at)
      values (app.tid(), 's', '${human}', now(), now())`,
    `insert into writ.sign_ins (tenant_id, id_sha256, sso_id, return_to, fresh, expires_at)
      values (app.tid(), 's', 'sso', '/', false, now())`,
    `insert into writ.owner_links (tenant_id, id, human_id, secret_sha256, expires_at) values (app.tid(), 'l', '${human}', 's', now())`,
    `insert into writ.directories (tenant_id, id, name, secret_sha256, created_at) values (app.tid(), 'dir', 'n', 's', now())`,
    `insert into writ.directory_users (tenant_id, human_id, directory_id, user_name, resource, created_at, changed_at)
      values (app.tid(), '${human}', 'dir', 'u', '{}', now(), now())`,
    `insert into writ.directory_groups (tenant_id, group_id, directory_id, created_at, changed_at)
      select app.tid(), ${group}, 'dir', now(), now()`,
  ]
}
