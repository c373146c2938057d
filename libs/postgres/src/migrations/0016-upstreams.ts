import type { MigrationInterface, QueryRunner } from 'typeorm'
import { guardByTenant } from './row-security.ts'

/** How gateways reach upstreams and how they fare, client certificates, and what of a definition was approved in words. */
export class Upstreams1764000000016 implements MigrationInterface {
  name = 'Upstreams1764000000016'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CONNECTIONS)
    await runner.query(STATES)
    await runner.query(guardByTenant('connection_states'))
    await runner.query(GRANTS)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// A header belongs to a key, certificates to a client certificate; the secret of either is sealed in one column. The description is
// kept with the approval, so that a later one can be compared with it; of approvals of before it is not known. drift_pin: the change that is in the records already.
const CONNECTIONS = `
  alter table writ.connections
    add upstream jsonb not null default '{}',
    add pinning text not null default 'approval' check (pinning in ('approval', 'first-sight')),
    add client_certificates text,
    add drift_recorded_at timestamptz,
    drop constraint connections_credential_kind_check,
    add constraint connections_credential_kind_check
      check (credential_kind in ('none', 'api-key', 'client-certificate')),
    drop constraint connections_check1,
    add constraint connections_header check ((credential_kind = 'api-key') = (credential_header is not null)),
    add constraint connections_certificates
      check ((credential_kind = 'client-certificate') = (client_certificates is not null));
  alter table writ.tenants add upstream_networks text[] not null default '{}';
  alter table writ.tool_definitions add approved_description text, add drift_pin text;
`

// One row for each gateway that said something; what it said of another credential counts no more.
const STATES = `
  create table writ.connection_states (
    tenant_id text not null references writ.tenants (id),
    connection_id text not null,
    node_id text not null,
    credential_version integer not null,
    state text not null check (state in ('working', 'failing', 'needs_credential', 'out_of_reach')),
    failure jsonb,
    since timestamptz not null,
    primary key (tenant_id, connection_id, node_id),
    foreign key (tenant_id, connection_id) references writ.connections (tenant_id, id),
    foreign key (node_id) references writ.nodes (id)
  );
`

const GRANTS = `
  grant update (upstream, pinning, client_certificates, drift_recorded_at) on writ.connections to writ_app;
  grant update (upstream_networks) on writ.tenants to writ_app;
  grant update (approved_description, drift_pin) on writ.tool_definitions to writ_app;
  grant select, insert, delete, update (credential_version, state, failure, since) on writ.connection_states to writ_app;
`
