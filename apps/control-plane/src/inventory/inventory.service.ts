import { Injectable } from '@nestjs/common'
import { InventoryChange, InventoryReport } from '@writ/contracts'
import type { AgentId, InventorySummary, InventoryView, NodeId } from '@writ/contracts'
import type { DeviceRow } from '@writ/postgres'
import { z } from 'zod'
import type { OwnerBound } from '../agents/owner-bound.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { changesBetween } from './changes.ts'

/** Keeps the newest report of each device, and says what is new in it. */
@Injectable()
export class InventoryService {
  constructor(private readonly clock: Clock) {}

  async keep(db: TenantDb, { id }: Pick<DeviceRow, 'id'>, report: InventoryReport): Promise<void> {
    // Reports of one device take turns, so that each is compared with the one before it.
    await db.rows('select 1 from writ.devices where tenant_id = $1 and id = $2 for no key update', [id])
    const before = await db.first<{ report: string }>(
      `select report from writ.inventories where tenant_id = $1 and device_id = $2 and report <> ${ERASED}`,
      [id],
    )
    const changes = before === null ? [] : changesBetween(reportIn(before.report), report)
    const row = { ...rowOf(report, changes), received_at: new Date(this.clock.nowMs()) }
    const columns = Object.keys(row)
    await db.insert(
      'inventories',
      { device_id: id, ...row },
      `on conflict (tenant_id, device_id) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    )
  }

  list(db: TenantDb, query: ListQuery, bound: OwnerBound): Promise<Page<InventorySummary>> {
    return readPage(db, { select: `${SELECT} ${FROM}`, id: 'i.device_id', given: [bound] }, query, summaryOf)
  }

  /** @throws 404, also for one that is beyond the bound */
  async get(db: TenantDb, id: NodeId, bound: OwnerBound): Promise<InventoryView> {
    const row = await db.first<SummaryRow & { report: string; changes: string }>(
      `${SELECT}, i.report, i.changes ${FROM} and i.device_id = $3`,
      [bound, id],
    )
    if (!row) throw notFound()
    const { agents: _a, servers: _s, findings: _f, changes: _c, ...shown } = summaryOf(row)
    return { ...shown, report: reportIn(row.report), changes: Changes.parse(JSON.parse(row.changes)) }
  }
}

const Changes = z.array(InventoryChange)
const reportIn = (text: string): InventoryReport => InventoryReport.parse(JSON.parse(text))

const rowOf = (report: InventoryReport, changes: readonly InventoryChange[]) => ({
  platform: report.platform,
  scanned_at: new Date(report.scannedAt),
  agents: report.agents.length,
  servers: report.servers.length,
  high: countOf(report, 'high'),
  medium: countOf(report, 'medium'),
  low: countOf(report, 'low'),
  changed: changes.length,
  report: JSON.stringify(report),
  changes: JSON.stringify(changes),
})

const countOf = ({ findings }: InventoryReport, wanted: 'high' | 'medium' | 'low'): number =>
  findings.filter(({ severity }) => severity === wanted).length

type SummaryRow = {
  id: NodeId
  device: string
  agent: AgentId
  platform: InventorySummary['platform']
  scanned_at: Date
  received_at: Date
  agents: number
  servers: number
  high: number
  medium: number
  low: number
  changed: number
}

const SELECT = `select i.device_id as id, n.name as device, d.agent_id as agent, i.platform, i.scanned_at, i.received_at, i.agents,
  i.servers, i.high, i.medium, i.low, i.changed`
/** What an erasure leaves of a report. */
const ERASED = `'{}'`

// What is left of a device that was revoked is no machine of anybody's, and of one whose human was erased there is nothing to show.
const FROM = `from writ.inventories i
  join writ.devices d on d.tenant_id = i.tenant_id and d.id = i.device_id and d.revoked_at is null
  join writ.nodes n on n.id = i.device_id
  join writ.agents a on a.tenant_id = d.tenant_id and a.id = d.agent_id
  where i.tenant_id = $1 and i.report <> ${ERASED} and ($2::text is null or a.human_id = $2)`

const summaryOf = (row: SummaryRow): InventorySummary => ({
  id: row.id,
  device: row.device,
  agent: row.agent,
  platform: row.platform,
  scannedAt: row.scanned_at.toISOString(),
  receivedAt: row.received_at.toISOString(),
  agents: row.agents,
  servers: row.servers,
  findings: { high: row.high, medium: row.medium, low: row.low },
  changes: row.changed,
})
