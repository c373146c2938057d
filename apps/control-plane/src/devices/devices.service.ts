import { Injectable } from '@nestjs/common'
import type { AgentId, DeviceView, NodeId } from '@writ/contracts'
import type { OwnerBound } from '../agents/owner-bound.ts'
import { COMMIT_CHANNEL } from '../bundles/commit-watch.ts'
import { Clock } from '../clock.ts'
import { refusedOf } from '../gateways/gateways.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The side of people: which devices there are, and which are none any more. */
@Injectable()
export class DevicesService {
  constructor(private readonly clock: Clock) {}

  list(db: TenantDb, query: ListQuery, bound: OwnerBound): Promise<Page<DeviceView>> {
    return readPage(db, { select: SELECT, id: 'd.id', given: [bound] }, query, viewOf)
  }

  /** @throws 404, also for one that is beyond the bound */
  async get(db: TenantDb, id: NodeId, bound: OwnerBound = null): Promise<DeviceView> {
    const row = await db.first<DeviceRow>(`${SELECT} and d.id = $3`, [bound, id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /** For good: its key is nobody's from now on. What it recorded before stays. Doing it again changes nothing. @throws 404 */
  async revoke(db: TenantDb, id: NodeId, by: string): Promise<void> {
    await db.rows(
      `update writ.devices set revoked_at = $3, revoked_by = $4 where tenant_id = $1 and id = $2 and revoked_at is null`,
      [id, new Date(this.clock.nowMs()), by],
    )
    // It may be waiting for a change at any control plane.
    await db.manager.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, db.tenant.slug])
  }
}

type DeviceRow = {
  id: NodeId
  name: string
  agent_id: AgentId
  agent_name: string
  build: string
  joined_at: Date
  last_seen_at: Date
  applied: number | null
  refused_version: number | null
  refused_detail: string | null
  revoked_at: Date | null
  revoked_by: string | null
}

const SELECT = `select d.id, n.name, d.agent_id, a.name as agent_name, n.build, d.joined_at, n.last_seen_at, d.revoked_at, d.revoked_by,
  (select max(k.version) from writ.bundle_acknowledgements k
    where k.tenant_id = $1 and k.node_id = d.id and k.outcome = 'applied') as applied,
  r.version as refused_version, r.detail as refused_detail
  from writ.devices d join writ.nodes n on n.id = d.id join writ.agents a on a.tenant_id = d.tenant_id and a.id = d.agent_id
  left join lateral (select k.version, k.detail from writ.bundle_acknowledgements k
    where k.tenant_id = $1 and k.node_id = d.id and k.outcome = 'refused' order by k.version desc limit 1) r on true
  where d.tenant_id = $1 and ($2::text is null or a.human_id = $2)`

const viewOf = (row: DeviceRow): DeviceView => ({
  id: row.id,
  name: row.name,
  agent: { id: row.agent_id, name: row.agent_name },
  build: row.build,
  joinedAt: row.joined_at.toISOString(),
  lastSeenAt: row.last_seen_at.toISOString(),
  appliedVersion: row.applied,
  refused: refusedOf(row),
  revokedAt: row.revoked_at?.toISOString() ?? null,
  revokedBy: row.revoked_by,
})
