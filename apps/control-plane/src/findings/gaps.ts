import type { TenantDb } from '../tenancy/tenant-db.ts'
import { SKEW_MS } from './history.ts'
import type { History } from './history.ts'

/** A gateway that the control plane has not heard from serves for so long, with the tokens and leases that are out. */
const ALONE_MS = 600_000

/** A stretch of time in which records of one node may be missing. */
type Gap = {
  readonly side: 'device' | 'gateway'
  readonly node: string
  readonly fromMs: number
  readonly toMs: number
}

/**
 * What the ledger knows that it does not hold: records that a signed head counts and that never came, and nodes that have not been heard of
 * since. A device keeps its records until it is heard of again, however long that takes.
 */
export async function gapsOf(db: TenantDb): Promise<readonly Gap[]> {
  const rows = await db.rows<StreamRow>(STREAMS)
  return rows.flatMap((row) => [...missingOf(row), silenceOf(row)])
}

/** For one session: of devices only those that told of it count. */
export const mayMiss =
  (gaps: readonly Gap[], devices: ReadonlySet<string>): History['mayMiss'] =>
  (side, fromMs, toMs) =>
    gaps.some(
      (gap) =>
        gap.side === side &&
        (side === 'gateway' || devices.has(gap.node)) &&
        gap.fromMs <= toMs &&
        gap.toMs >= fromMs,
    )

type StreamRow = {
  readonly node: string
  readonly kind: 'device' | 'gateway'
  readonly last_seen_at: Date
  readonly is_behind: boolean
  readonly reported_at: string | null
  readonly last_at: Date | null
}

function missingOf({ kind: side, node, is_behind, reported_at, last_at }: StreamRow): Gap[] {
  if (!is_behind || reported_at === null) return []
  return [{ side, node, fromMs: last_at?.getTime() ?? -Infinity, toMs: Date.parse(reported_at) + SKEW_MS }]
}

function silenceOf({ kind: side, node, last_seen_at }: StreamRow): Gap {
  const fromMs = last_seen_at.getTime()
  return { side, node, fromMs, toMs: side === 'device' ? Infinity : fromMs + ALONE_MS }
}

const STREAMS = `
  select s.node_id as node, n.kind, n.last_seen_at, coalesce(s.reported_next_seq > s.next_seq, false) as is_behind, s.reported_at,
    (select r.occurred_at from writ.stream_batches b
        join writ.records r on r.tenant_id = b.tenant_id and r.leaf_index = b.first_leaf + s.next_seq - 1 - b.first_seq
      where b.tenant_id = s.tenant_id and b.stream_id = s.id order by b.from_seq desc, b.count desc limit 1) as last_at
  from writ.streams s join writ.nodes n on n.id = s.node_id
  where s.tenant_id = $1 and n.kind in ('gateway', 'device')`
