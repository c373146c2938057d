import { Injectable } from '@nestjs/common'
import type { ConnectionHealth, ConnectionId, NodeId, UpstreamReport } from '@writ/contracts'
import type { NodeRow } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { notFound } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** How gateways fare with upstreams, as they say it. */
@Injectable()
export class UpstreamReportsService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
  ) {}

  /** The last word of a gateway counts. @throws 404 when the connection is not the tenant's */
  async keep(node: NodeRow, report: UpstreamReport): Promise<void> {
    const since = new Date(Math.min(report.atMs, this.clock.nowMs()))
    const { connection, credentialVersion, state, failure } = report
    await this.tenancy.run(await this.tenancy.bySlug(report.tenant), async (db) => {
      const kept = await db.first(KEEP, [
        connection,
        node.id,
        credentialVersion,
        state,
        failure && JSON.stringify(failure),
        since,
      ])
      if (!kept) throw notFound()
    })
  }
}

const KEEP = `insert into writ.connection_states as s (tenant_id, connection_id, node_id, credential_version, state, failure, since)
  select $1, c.id, $3, $4, $5, $6::jsonb, $7 from writ.connections c where c.tenant_id = $1 and c.id = $2 and c.deleted_at is null
  on conflict (tenant_id, connection_id, node_id) do update set credential_version = excluded.credential_version,
    state = excluded.state, failure = excluded.failure,
    since = case when s.state = excluded.state and s.credential_version = excluded.credential_version then s.since else excluded.since end
  returning state`

/** What was said of an upstream that is another one now. */
export const forgetStates = (db: TenantDb, id: ConnectionId): Promise<unknown> =>
  db.rows('delete from writ.connection_states where tenant_id = $1 and connection_id = $2', [id])

/** One gateway's word, as the database writes it. */
export type StateRow = {
  readonly node: NodeId
  readonly state: Exclude<ConnectionHealth['state'], 'unknown'>
  readonly failure: ConnectionHealth['failure']
  readonly since: string
}

/** Of the credential that the connection `p` has now, by gateways that were heard of lately: one that is gone for good says nothing. */
export const STATES = `(select coalesce(json_agg(json_build_object('node', s.node_id, 'state', s.state, 'failure', s.failure,
      'since', s.since) order by s.node_id), '[]')
    from writ.connection_states s join writ.nodes n on n.id = s.node_id
   where s.tenant_id = p.tenant_id and s.connection_id = p.id and s.credential_version = case p.credential_kind when 'none' then 0 else p.credential_version end
     and n.last_seen_at > now() - interval '10 minutes')`

/** The worst of what the gateways say, the first first. */
const GRAVITY: readonly StateRow['state'][] = ['needs_credential', 'out_of_reach', 'failing', 'working']

export function healthOf(rows: readonly StateRow[]): ConnectionHealth {
  const state = GRAVITY.find((one) => rows.some((row) => row.state === one))
  if (state === undefined) return { state: 'unknown', failure: null, gateways: [], since: null }
  const alike = rows.filter((row) => row.state === state)
  const since = Math.min(...alike.map((row) => Date.parse(row.since)))
  return {
    state,
    failure: alike[0]?.failure ?? null,
    gateways: alike.map(({ node }) => node),
    since: new Date(since).toISOString(),
  }
}
