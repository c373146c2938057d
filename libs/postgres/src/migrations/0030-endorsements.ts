import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Beside each node stands what the control plane signed when it let that node in; a row alone makes none. */
export class Endorsements1764000000030 implements MigrationInterface {
  name = 'Endorsements1764000000030'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ENDORSEMENTS)
    await runner.query(NODES)
  }

  down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

// One key for ever: that there is one says that the nodes of before were endorsed, and whoever writes as the control plane cannot remove it.
const ENDORSEMENTS = `
  alter table writ.nodes add endorsement text;
  grant update (endorsement) on writ.nodes to writ_app;
  create unique index platform_keys_endorsement on writ.platform_keys (purpose) where purpose = 'endorsement';
`

const NODES = `
  create function app.nodes_to_endorse()
    returns table (id text, kind text, public_key text, lease_key jsonb, tenant_id text, agent_id text) language sql stable
    security definer set search_path = pg_catalog, pg_temp as $$
      select n.id, n.kind, n.public_key, n.lease_key, d.tenant_id, d.agent_id
        from writ.nodes n left join writ.devices d on d.id = n.id where n.kind <> 'control-plane'
    $$;
  revoke execute on function app.nodes_to_endorse() from public;
  grant execute on function app.nodes_to_endorse() to writ_app;
`
