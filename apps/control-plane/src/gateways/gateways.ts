import type { NodeId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { GatewayView } from './gateway-view.ts'

export async function gatewaysOf(db: TenantDb): Promise<GatewayView[]> {
  const rows = await db.rows<GatewayRow>(
    `select n.id, n.name, n.origin, n.build, n.last_seen_at,
       (select max(a.version) from writ.bundle_acknowledgements a
         where a.tenant_id = $1 and a.node_id = n.id and a.outcome = 'applied') as applied,
       r.version as refused_version, r.detail as refused_detail
     from writ.nodes n left join lateral (
       select a.version, a.detail from writ.bundle_acknowledgements a
        where a.tenant_id = $1 and a.node_id = n.id and a.outcome = 'refused' order by a.version desc limit 1) r on true
     where n.kind = 'gateway' order by n.id`,
  )
  return rows.map(viewOf)
}

type GatewayRow = {
  id: NodeId
  name: string
  origin: string
  build: string
  last_seen_at: Date
  applied: number | null
  refused_version: number | null
  refused_detail: string | null
}

const viewOf = (row: GatewayRow): GatewayView => ({
  id: row.id,
  name: row.name,
  origin: row.origin,
  build: row.build,
  lastSeenAt: row.last_seen_at.toISOString(),
  appliedVersion: row.applied,
  refused: refusedOf(row),
})

/** Only where it took none that is newer. */
export function refusedOf({
  applied,
  refused_version: version,
  refused_detail: detail,
}: Pick<GatewayRow, 'applied' | 'refused_version' | 'refused_detail'>): GatewayView['refused'] {
  if (version === null || version < (applied ?? 0)) return null
  return { version, detail: detail ?? '' }
}
