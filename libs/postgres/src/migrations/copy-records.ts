import { termsOf } from '@writ/audit'
import { AuditRecord } from '@writ/contracts'
import type { QueryRunner } from 'typeorm'

const AT_ONCE = 500

/**
 * Moves what was recorded before to the partitioned table: the same leaves, bytes and times. What filters look at is read from the bytes
 * once more, as ingest reads it now. Row security is off for the owner meanwhile, in the transaction of the migration.
 */
export async function copyRecords(runner: QueryRunner): Promise<void> {
  for (const table of OPENED) await runner.query(`alter table writ.${table} no force row level security`)
  await runner.query(MONTHS)
  await runner.query('select app.prepare_partitions()')
  await runner.query(BATCHES)
  for (let last: Place = { tenant: '', leaf: -1 }; ;) {
    const rows: Row[] = await runner.query(PAGE, [last.tenant, last.leaf, AT_ONCE])
    const newest = rows.at(-1)
    if (newest === undefined) break
    await runner.query(COPY, columnsOf(rows))
    last = { tenant: newest.tenant, leaf: newest.leaf }
  }
  await runner.query(BLOCKS)
  await runner.query('drop table writ.records_before')
  for (const table of OPENED.slice(1))
    await runner.query(`alter table writ.${table} force row level security`)
}

type Place = { readonly tenant: string; readonly leaf: number }
type Row = Place & { readonly bytes: Buffer }

const columnsOf = (rows: readonly Row[]): unknown[] => [
  rows.map(({ tenant }) => tenant),
  rows.map(({ leaf }) => leaf),
  rows.map(({ bytes }) => termsIn(bytes)),
]

function termsIn(bytes: Buffer): string | null {
  try {
    return `{${termsOf(AuditRecord.parse(JSON.parse(bytes.toString('utf8')))).join(',')}}`
  } catch {
    return null
  }
}

const OPENED = ['records_before', 'streams', 'stream_batches', 'tenant_logs', 'tenants']

const MONTHS = `
  select app.make_partition(month) from generate_series(
    (select date_trunc('month', min(ingested_at) at time zone 'UTC') from writ.records_before),
    date_trunc('month', now() at time zone 'UTC'), interval '1 month') as naive,
    lateral (select naive at time zone 'UTC' as month) as utc`

// A batch that was partly ingested before overlaps the one before it; each ends further than all before.
const BATCHES = `
  alter table writ.stream_batches disable trigger stream_batches_append_only;
  update writ.stream_batches b set first_seq = placed.first_seq, first_leaf = placed.first_leaf
    from (select o.tenant_id, o.stream_id, o.from_seq, o.count, o.first_seq, r.leaf_index as first_leaf
            from (select tenant_id, stream_id, from_seq, count,
                    coalesce(lag(from_seq + count) over (partition by tenant_id, stream_id order by from_seq + count), 0) as first_seq
                    from writ.stream_batches) o
            join writ.records_before r on r.tenant_id = o.tenant_id and r.stream_id = o.stream_id and r.seq = o.first_seq) placed
   where (b.tenant_id, b.stream_id, b.from_seq, b.count) = (placed.tenant_id, placed.stream_id, placed.from_seq, placed.count);
  alter table writ.stream_batches enable trigger stream_batches_append_only`

const PAGE = `
  select tenant_id as tenant, leaf_index::float8 as leaf, bytes from writ.records_before
   where (tenant_id, leaf_index) > ($1, $2) order by tenant_id, leaf_index limit $3`

const COPY = `
  insert into writ.records (leaf_index, stream_no, seq, occurred_at, ingested_at, tenant_id, decision_id, kind, outcome,
      session_id, terms, bytes)
  select r.leaf_index, s.no, r.seq, r.occurred_at, r.ingested_at, r.tenant_id, r.decision_id, r.kind, r.outcome,
      r.session_id, fresh.terms::integer[], r.bytes
    from unnest($1::text[], $2::bigint[], $3::text[]) as fresh (tenant_id, leaf_index, terms)
    join writ.records_before r using (tenant_id, leaf_index)
    join writ.streams s on s.tenant_id = r.tenant_id and s.id = r.stream_id
   order by r.tenant_id, r.leaf_index`

const BLOCKS = `
  insert into writ.record_blocks (tenant_id, block, first_at, last_at, first_ingested, last_ingested, terms, counts)
  select l.tenant_id, b.block, of.first_at, of.last_at, of.first_ingested, of.last_ingested, found.terms, found.counts
    from writ.tenant_logs l, generate_series(0, l.size / 1024 - 1) as b (block),
    lateral (select min(occurred_at) as first_at, max(occurred_at) as last_at, min(ingested_at) as first_ingested,
        max(ingested_at) as last_ingested, bool_and(terms is not null) as is_known
      from writ.records where tenant_id = l.tenant_id and leaf_index between b.block * 1024 and b.block * 1024 + 1023) as of
    left join lateral (select array_agg(term order by term) as terms, array_agg(n order by term) as counts
      from (select term, count(*)::integer as n from writ.records, unnest(terms) as term
             where tenant_id = l.tenant_id and leaf_index between b.block * 1024 and b.block * 1024 + 1023 group by term) as one
      where of.is_known) as found on true
   where of.first_at is not null`
