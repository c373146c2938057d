import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { verifyEvidence } from '@writ/audit'
import { TenantId } from '@writ/contracts'
import { Client } from 'pg'
import { DataSource } from 'typeorm'
import { openDatabase } from '../data-source.ts'
import type { Database } from '../data-source.ts'
import { readEvidence } from '../evidence.ts'
import { ingestBatch } from '../ledger.ts'
import { migrate } from '../migrate.ts'
import { createAuditIndex } from '../record-index.ts'
import { createTenantScope } from '../tenant-scope.ts'
import { createTestDatabase, createTestNode, createTestStream, testId } from '../testing.ts'
import type { TestDatabase, TestStream } from '../testing.ts'
import { MIGRATIONS } from './list.ts'

jest.setTimeout(60_000)

const LENGTH = 1030
let database: TestDatabase
let owner: Client
let app: Database
let worker: Database
let stream: TestStream
const node = createTestNode()
const tenant = TenantId.parse(testId('ten'))

/** A database as the release before left it, with more records than a block has. */
beforeAll(async () => {
  database = await createTestDatabase()
  await database.query('drop schema writ cascade; drop schema app cascade; drop schema ledger cascade')
  await database.query(
    'create schema writ authorization writ_owner; create schema app authorization writ_owner',
  )
  const before = MIGRATIONS.findIndex(({ name }) => name.startsWith('Transparency'))
  const source = new DataSource({
    type: 'postgres',
    url: database.ownerUrl,
    schema: 'writ',
    extra: { options: '-c role=writ_owner' },
    migrations: MIGRATIONS.slice(0, before),
    migrationsTableName: 'migrations',
    installExtensions: false,
  })
  await source.initialize()
  await source.runMigrations()
  await source.destroy()
  owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [tenant])
  stream = createTestStream(node, tenant, LENGTH + 20, (seq) => ({
    outcome: seq % 100 === 7 ? 'deny' : 'allow',
  }))
  await insertBefore()
  await migrate({
    ownerUrl: database.ownerUrl,
    appPassword: decodeURIComponent(new URL(database.appUrl).password),
    workerPassword: decodeURIComponent(new URL(database.workerUrl).password),
  })
  app = await openDatabase(database.appUrl, { poolSize: 2, applicationName: 'incident desk spec' })
  worker = await openDatabase(database.workerUrl, { poolSize: 2, applicationName: 'incident desk spec' })
})
afterAll(async () => {
  await Promise.all([app?.close(), worker?.close(), owner?.end()])
  await database?.drop()
})

async function insertBefore(): Promise<void> {
  await owner.query('begin')
  await owner.query(
    `insert into writ.tenants (id, slug, name, default_group_id) values ($1, 'old', 'n', 'g')`,
    [tenant],
  )
  await owner.query(
    `insert into writ.access_groups (tenant_id, id, name, is_default) values ($1, 'g', 'default', true)`,
    [tenant],
  )
  await owner.query('commit')
  await owner.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', '', 'b')`,
    [node.id, node.publicKey],
  )
  const head = stream.head(LENGTH)
  await owner.query(
    `insert into writ.streams (tenant_id, id, node_id, next_seq, head_hash, reported_next_seq, reported_hash, reported_at, reported_signature)
     values ($1, $2, $3, $4, $5, $4, $5, $6, $7)`,
    [tenant, stream.id, node.id, LENGTH, head.headHash, head.at, head.signature],
  )
  // Two batches, of which the second repeats the end of the first.
  for (const [from, to] of [
    [0, 600],
    [550, LENGTH],
  ] as const) {
    const batch = stream.batch(from, to)
    await owner.query(
      `insert into writ.stream_batches (tenant_id, stream_id, from_seq, count, head_hash, signature) values ($1, $2, $3, $4, $5, $6)`,
      [tenant, stream.id, from, to - from, batch.headHash, batch.signature],
    )
  }
  await owner.query(
    `insert into writ.records (tenant_id, leaf_index, stream_id, seq, bytes, decision_id, kind, session_id, outcome, occurred_at, ingested_at)
     select $1, at - 1, $2, at - 1, convert_to(bytes, 'UTF8'), bytes::jsonb ->> 'decisionId', 'closed', bytes::jsonb ->> 'session',
       bytes::jsonb ->> 'outcome', (bytes::jsonb ->> 'at')::timestamptz, now() - make_interval(days => 70 - (at / 20)::int)
       from unnest($3::text[]) with ordinality as of (bytes, at)`,
    [tenant, stream.id, stream.batch(0, LENGTH).records],
  )
  await owner.query('insert into writ.tenant_logs (tenant_id, size) values ($1, $2)', [tenant, LENGTH])
}

const evidence = () =>
  createTenantScope(app).run(tenant, (manager) =>
    readEvidence(manager, { tenantId: tenant, exportedAt: new Date() }),
  )
const denied = async () =>
  (
    await createAuditIndex(createTenantScope(app)).page(tenant, {
      filter: { outcome: 'deny' },
      order: 'oldest',
      limit: 500,
    })
  ).leaves.map(({ leafIndex }) => leafIndex)

describe('records of before', () => {
  it('are all there, byte for byte, and verify', async () => {
    const found = await evidence()
    expect(found.records.map(({ bytes }) => bytes)).toEqual(stream.batch(0, LENGTH).records)
    expect(verifyEvidence(found).faults).toEqual([])
  })

  it('are found by what filters look at', async () => {
    expect(await denied()).toEqual([7, 107, 207, 307, 407, 507, 607, 707, 807, 907, 1007])
    const { rows } = await owner.query(
      'select count(*)::int as n, bool_and(terms is not null) as known from writ.record_blocks',
    )
    expect(rows).toEqual([{ n: 1, known: true }])
  })

  it('stand in a partition for each of their months, and none in the one for the rest', async () => {
    const { rows } = await owner.query('select count(*)::int as n from ledger.records_default')
    expect(rows).toEqual([{ n: 0 }])
    const { rows: parts } = await owner.query(
      `select count(distinct tableoid)::int as n, count(distinct date_trunc('month', ingested_at at time zone 'UTC'))::int as months from writ.records`,
    )
    expect(parts[0].n).toBe(parts[0].months)
    expect(parts[0].n).toBeGreaterThan(1)
  })

  it('are continued, and known when they come again', async () => {
    const scope = createTenantScope(worker)
    expect(await ingestBatch(scope, stream.opened(500, 560))).toMatchObject({
      outcome: 'ingested',
      ingested: 0,
    })
    expect(await ingestBatch(scope, stream.fork().opened(500, 560))).toMatchObject({ outcome: 'fork' })
    expect(await ingestBatch(scope, stream.opened(1000, LENGTH + 20))).toMatchObject({ ingested: 20 })
    expect(await denied()).toHaveLength(11)
  })
})

/** Records that came so many months ago, each of another session. @returns their sessions */
async function givenOld(months: number, count: number): Promise<string[]> {
  const { rows } = await owner.query(
    `with log as (update writ.tenant_logs set size = size + $2 where tenant_id = $1 returning size - $2 as first)
     insert into writ.records (tenant_id, leaf_index, stream_no, seq, bytes, decision_id, kind, session_id, outcome, occurred_at, ingested_at, terms)
     select $1, first + at, 0, at, 'x', 'dec', 'closed', 'ses_' || at, 'allow', moment, moment, array[at::int]
       from log, generate_series(0, $2::int - 1) as at, (select now() - make_interval(months => $3) as moment) as old returning session_id`,
    [tenant, count, months],
  )
  return rows.map((row) => row.session_id)
}
const asApp = (sql: string, values: unknown[] = []) =>
  createTenantScope(app).run(tenant, (manager) => manager.query(sql, values))
const remove = async (from = 0, most = 1000) =>
  (await asApp('select * from app.remove_expired_piece($1, $2)', [from, most]))[0]
const oldLeft = async (months: number) =>
  (
    await owner.query(
      `select session_id from writ.records where stream_no = 0 and ingested_at < now() - make_interval(months => $1) order by 1`,
      [months],
    )
  ).rows.map((row) => row.session_id)
const seal = (size: number | string) =>
  owner.query(
    `insert into writ.tenant_trees (tenant_id, log_id, salt, size) values ($1, 'l', '', ${size})
     on conflict (tenant_id) do update set size = excluded.size, stopped = null`,
    [tenant],
  )
const WHOLE_LOG = `(select size from writ.tenant_logs where tenant_id = $1)`

describe('removal of what is older than the retention', () => {
  beforeAll(async () => {
    await givenOld(14, 5)
    await givenOld(12, 2)
    // three of a block that was summed up
    await owner.query('begin; set local session_replication_role = replica')
    await owner.query(
      `update writ.records set ingested_at = now() - interval '14 months' where tenant_id = $1 and leaf_index between 10 and 12`,
      [tenant],
    )
    await owner.query('commit')
  })

  it('waits until a checkpoint covers it', async () => {
    expect(await remove()).toMatchObject({ removed: '0' })
    await seal(WHOLE_LOG)
    await owner.query(`update writ.tenant_trees set stopped = 'fork' where tenant_id = $1`, [tenant])
    expect(await remove()).toMatchObject({ removed: '0' })
    await seal(WHOLE_LOG)
  })

  it('spares what is under hold, until 7 days after its release', async () => {
    const hold = (id: string, terms: string, range = 'null, null') =>
      asApp(
        `insert into writ.holds (tenant_id, id, reason, placed_by, filter, terms, first_leaf, last_leaf)
           values (app.tid(), $1, 'case', '{}', '{}', $2::integer[], ${range})`,
        [id, terms],
      )
    await hold('hld_1', '{3}')
    await hold('hld_2', '{}', '0, 1')
    expect(await remove()).toMatchObject({ removed: '7' })
    expect(await oldLeft(13)).toEqual(['ses_3'])
    await asApp(
      `update writ.holds set released_at = now(), released_by = '{}', release_reason = 'over' where id = 'hld_1'`,
    )
    expect(await remove()).toMatchObject({ removed: '0' })
    expect(await oldLeft(13)).toEqual(['ses_3'])
  })

  it('looks at what is under hold once, and goes on behind it', async () => {
    const held = await remove(0, 1)
    expect(held).toMatchObject({ removed: '0', next_leaf: expect.stringMatching(/^\d+$/) })
    expect(await remove(held.next_leaf, 1)).toMatchObject({ removed: '0', next_leaf: null })
  })

  it('leaves counts as they are', async () => {
    const counts = await createAuditIndex(createTenantScope(app)).counts(tenant, {
      filter: {},
      field: 'outcome',
      most: 5,
    })
    const { rows } = await owner.query('select count(*)::int as n from writ.records where tenant_id = $1', [
      tenant,
    ])
    expect(counts.of).toBe(rows[0].n)
  })

  it('says which leaves it removed, in ranges', async () => {
    const { rows } = await owner.query(
      'select (last_leaf - first_leaf + 1)::int as leaves from writ.removals where tenant_id = $1 order by first_leaf',
      [tenant],
    )
    expect(rows).toEqual([{ leaves: 3 }, { leaves: 3 }, { leaves: 1 }])
  })

  it('counts the longer retention for 7 days after it was made shorter', async () => {
    await asApp('insert into writ.retentions (tenant_id, months, former_months) values (app.tid(), 13, 13)')
    await asApp('update writ.retentions set months = 6')
    expect(await remove()).toMatchObject({ removed: '0' })
    expect(await oldLeft(6)).toHaveLength(3)
    await asApp('update writ.retentions set months = 84')
    await asApp('update writ.retentions set months = 6')
    expect((await asApp('select former_months from writ.retentions'))[0]).toEqual({ former_months: 84 })
    await expect(asApp('update writ.retentions set months = 5')).rejects.toMatchObject({ code: '23514' })
    await expect(asApp('update writ.retentions set former_months = 6')).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('leaves holds as they were placed: no other words, no earlier release, no way back', async () => {
    for (const change of [
      `update writ.holds set released_at = now() - interval '8 days' where id = 'hld_2'`,
      `update writ.holds set release_reason = 'x' where id = 'hld_1'`,
      `update writ.holds set terms = '{99}' where id = 'hld_2'`,
      `delete from writ.holds`,
    ])
      await expect(asApp(change)).rejects.toMatchObject({ code: '42501' })
    for (const change of [
      `update writ.holds set terms = '{99}', released_at = now() where id = 'hld_2'`,
      `delete from writ.holds`,
      `truncate writ.holds`,
    ])
      await expect(owner.query(change)).rejects.toMatchObject({ code: '42501' })
  })
})

describe('a partition', () => {
  it('refuses changes too, whoever names it', async () => {
    const { rows } = await owner.query(`select tableoid::regclass::text as named from writ.records limit 1`)
    for (const change of [
      `delete from ${rows[0].named}`,
      `update ${rows[0].named} set seq = 0`,
      `truncate ${rows[0].named}`,
    ])
      await expect(owner.query(change)).rejects.toThrow('is append-only')
    for (const scope of [app, worker])
      await expect(
        createTenantScope(scope).run(tenant, (manager) => manager.query(`select 1 from ${rows[0].named}`)),
      ).rejects.toMatchObject({ code: '42501' })
  })

  it('that is made late takes what came for its month meanwhile', async () => {
    await givenOld(30, 3)
    const before = await owner.query(`select count(*)::int as n from ledger.records_default`)
    expect(before.rows[0].n).toBeGreaterThanOrEqual(3)
    await owner.query('set role writ_owner')
    await owner.query(
      `select app.make_partition(date_trunc('month', (now() - interval '30 months') at time zone 'UTC') at time zone 'UTC')`,
    )
    await owner.query('reset role')
    const after = await owner.query(`select count(*)::int as n from ledger.records_default`)
    expect(before.rows[0].n - after.rows[0].n).toBe(3)
    expect(await oldLeft(29)).toHaveLength(3)
  })

  it('keeps the bytes of records as they are, whenever it was made', async () => {
    const { rows } = await owner.query(
      `select distinct a.attstorage as storage from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'ledger'::regnamespace and c.relkind = 'r' and a.attname = 'bytes'`,
    )
    expect(rows).toEqual([{ storage: 'e' }])
  })

  it('is dropped once nothing in it is kept', async () => {
    const named = async () =>
      (
        await owner.query(
          `select relname from pg_class where relnamespace = 'ledger'::regnamespace and relkind = 'r' order by 1`,
        )
      ).rows.length
    const before = await named()
    expect(await asApp('select * from app.drop_empty_partitions()')).toEqual([])
    await seal(WHOLE_LOG)
    await owner.query(`alter table writ.retentions disable trigger retentions_former`)
    await owner.query(`update writ.retentions set former_months = 6`)
    await owner.query(`alter table writ.retentions enable trigger retentions_former`)
    expect(Number((await remove()).removed)).toBeGreaterThanOrEqual(3)
    expect(await asApp('select * from app.drop_empty_partitions()')).toHaveLength(1)
    expect(await named()).toBe(before - 1)
  })

  it('of this and the next three months is there, and made once', async () => {
    expect(await asApp('select app.prepare_partitions() as made')).toEqual([{ made: 0 }])
  })
})
