import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** The ledger: streams of the enforcement points, signed batches, records, and what could not be ingested. */
export class Ledger1764000000004 implements MigrationInterface {
  name = 'Ledger1764000000004'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(STREAMS)
    await runner.query(RECORDS)
    await runner.query(QUARANTINE)
    await runner.query(APPEND_ONLY)
    for (const table of ['streams', 'stream_batches', 'tenant_logs', 'records'])
      await runner.query(guardByTenant(table))
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// A batch is kept as its node signed it: one that was partly ingested before overlaps its predecessor, and its head still
// vouches, by the chain, for every record it counts. streams_of_node: watermarks are asked per node.
const STREAMS = `
  create table writ.streams (
    tenant_id text not null references writ.tenants (id),
    id text not null,
    node_id text not null references writ.nodes (id),
    next_seq bigint not null default 0,
    head_hash text not null default repeat('0', 64),
    reported_next_seq bigint,
    reported_hash text,
    reported_at text,
    reported_signature text,
    primary key (tenant_id, id)
  );
  create index streams_of_node on writ.streams (node_id, id);
  create table writ.stream_batches (
    tenant_id text not null references writ.tenants (id),
    stream_id text not null,
    from_seq bigint not null,
    count integer not null check (count > 0),
    head_hash text not null,
    signature text not null,
    ingested_at timestamptz not null default now(),
    primary key (tenant_id, stream_id, from_seq, count),
    foreign key (tenant_id, stream_id) references writ.streams (tenant_id, id)
  );
`

// The query columns are read from the bytes once, at ingest; only the bytes count. No foreign keys to agents and the like: a
// record must never fail to be kept.
// One index per question that an auditor asks by name; each ends in leaf_index because pages are read in that order. Records
// that were allowed are the rule, so only the others are indexed by outcome; kind and tool filter along the way.
const RECORDS = `
  create table writ.tenant_logs (
    tenant_id text primary key references writ.tenants (id),
    size bigint not null default 0
  );
  create table writ.records (
    tenant_id text not null references writ.tenants (id),
    leaf_index bigint not null,
    stream_id text not null,
    seq bigint not null,
    bytes bytea not null,
    sha256 bytea not null generated always as (sha256(bytes)) stored,
    decision_id text not null,
    kind text not null,
    agent_id text,
    human_id text,
    session_id text,
    tool text,
    outcome text not null,
    occurred_at timestamptz not null,
    ingested_at timestamptz not null default now(),
    primary key (tenant_id, leaf_index),
    unique (tenant_id, stream_id, seq),
    foreign key (tenant_id, stream_id) references writ.streams (tenant_id, id)
  );
  create index records_by_decision on writ.records (tenant_id, decision_id, leaf_index);
  create index records_by_agent on writ.records (tenant_id, agent_id, leaf_index);
  create index records_by_human on writ.records (tenant_id, human_id, leaf_index);
  create index records_by_session on writ.records (tenant_id, session_id, leaf_index);
  create index records_not_allowed on writ.records (tenant_id, outcome, leaf_index) where outcome <> 'allow';
`

// Global, because a batch that does not hold cannot be believed about its tenant either. Keyed by its bytes: a retry adds nothing.
const QUARANTINE = `
  create table writ.audit_quarantine (
    sha256 text primary key,
    claimed_node text not null,
    claimed_stream text not null,
    from_seq bigint not null,
    reason text not null,
    detail text not null,
    batch bytea not null,
    at timestamptz not null default now()
  );
`

// Not even the owner changes or removes what was recorded: it takes an explicit "disable trigger" first, which is visible.
const APPEND_ONLY = `
  create function app.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'insufficient_privilege';
    end $$;
  create trigger records_append_only before update or delete or truncate on writ.records
    for each statement execute function app.refuse_change();
  create trigger stream_batches_append_only before update or delete or truncate on writ.stream_batches
    for each statement execute function app.refuse_change();
  create trigger audit_quarantine_append_only before update or delete or truncate on writ.audit_quarantine
    for each statement execute function app.refuse_change();
`

const GRANTS = `
  grant select, insert, update (next_seq, head_hash) on writ.streams to writ_worker;
  grant select, insert on writ.stream_batches, writ.records to writ_worker;
  grant select, insert, update (size) on writ.tenant_logs to writ_worker;
  grant insert, select (sha256) on writ.audit_quarantine to writ_worker;
  grant select on writ.streams, writ.stream_batches, writ.tenant_logs, writ.records to writ_app;
  grant insert (tenant_id, id, node_id, reported_next_seq, reported_hash, reported_at, reported_signature),
    update (reported_next_seq, reported_hash, reported_at, reported_signature) on writ.streams to writ_app;
`
