import { Injectable } from '@nestjs/common'
import { classify } from '@writ/actions'
import type { ConnectionId, ConnectionView, ToolStanding, ToolView } from '@writ/contracts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { ConnectionsService } from '../connections/connections.service.ts'
import { rowsWithin } from '../http/page.ts'
import type { Page } from '../http/page.ts'
import { conflict, notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { driftOf } from './drifts.ts'
import type { ToolsQuery } from './tools-query.ts'

/** One definition of one connection. */
export type ToolPlace = Pick<ToolView, 'kind' | 'name'> & { readonly connection: ConnectionId }

/** The definitions of a connection, as they are seen and as the tenant approved them. */
@Injectable()
export class ToolsService {
  constructor(
    private readonly clock: Clock,
    private readonly connections: ConnectionsService,
    private readonly mint: Mint,
  ) {}

  async list(db: TenantDb, id: ConnectionId, query: ToolsQuery): Promise<Page<ToolView>> {
    const connection = await this.connections.get(db, id)
    const { rows, isMore } = await rowsWithin<ToolRow>(query.limit, (_, most, taken) =>
      db.rows<ToolRow>(
        `select * from (${SELECT}) t where $3::text is null or standing = $3 order by kind, name limit $4 offset $5`,
        [id, query.standing ?? null, most, query.after + taken],
      ),
    )
    return {
      items: rows.map((row) => viewOf(row, connection)),
      next: isMore ? String(query.after + rows.length) : null,
    }
  }

  /** @throws 409 when the definition was seen with another pin since it was looked at */
  async approve(
    db: TenantDb,
    { connection: id, kind, name }: ToolPlace,
    { pin, by }: { readonly pin: string; readonly by: string },
  ): Promise<ToolView> {
    const connection = await this.connections.get(db, id)
    const approved = await db.first(`${APPROVE} and kind = $5 and name = $6 and pin = $7 returning name`, [
      id,
      new Date(this.clock.nowMs()),
      by,
      kind,
      name,
      pin,
    ])
    const row = await db.first<ToolRow>(`${SELECT} and d.kind = $3 and d.name = $4`, [id, kind, name])
    if (!row) throw notFound()
    if (row.pin !== pin) throw conflict('the definition has changed since it was looked at')
    if (approved) await this.mint.mint(db)
    return viewOf(row, connection)
  }

  /** Takes an approval back: from the next bundle on the definition is as new as one that nobody has looked at. */
  async withdraw(db: TenantDb, { connection: id, kind, name }: ToolPlace): Promise<ToolView> {
    const connection = await this.connections.get(db, id)
    const withdrawn = await db.first(WITHDRAW, [id, kind, name])
    const row = await db.first<ToolRow>(`${SELECT} and d.kind = $3 and d.name = $4`, [id, kind, name])
    if (!row) throw notFound()
    if (withdrawn) await this.mint.mint(db)
    return viewOf(row, connection)
  }

  /** @returns how many were not approved before */
  async approveAll(
    db: TenantDb,
    id: ConnectionId,
    { pins, by }: { readonly pins: readonly string[] | undefined; readonly by: string },
  ): Promise<{ approved: number }> {
    await this.connections.get(db, id)
    const approved = await db.rows(`${APPROVE} and ($5::text[] is null or pin = any($5)) returning name`, [
      id,
      new Date(this.clock.nowMs()),
      by,
      pins ?? null,
    ])
    if (approved.length > 0) await this.mint.mint(db)
    return { approved: approved.length }
  }
}

type ToolRow = Omit<
  ToolView,
  'standing' | 'drift' | 'class' | 'classSource' | 'approvedAt' | 'firstSeenAt' | 'lastSeenAt'
> & {
  standing: ToolStanding
  approved_at: Date | null
  approved_description: string | null
  approved_annotations: ToolView['annotations'] | null
  approved_input_schema: ToolView['inputSchema']
  first_seen_at: Date
  last_seen_at: Date
}

// The newest form is what is approved, and only where it is not approved yet.
export const APPROVE = `update writ.tool_definitions set approved_pin = pin, approved_content_pin = content_pin,
    approved_description = description, approved_annotations = annotations, approved_input_schema = input_schema, approved_at = $3, approved_by = $4
  where tenant_id = $1 and connection_id = $2 and approved_pin is distinct from pin`

const WITHDRAW = `update writ.tool_definitions set approved_pin = null, approved_content_pin = null, approved_description = null, approved_annotations = null,
    approved_input_schema = null, approved_at = null, approved_by = null
  where tenant_id = $1 and connection_id = $2 and kind = $3 and name = $4 and approved_pin is not null returning name`

// The same content under another name: what was approved is then called by that name.
const SELECT = `select d.kind, d.name, d.pin, d.content_pin as "contentPin", d.description, d.annotations,
    d.input_schema as "inputSchema", d.approved_pin as "approvedPin", d.approved_at, d.approved_by as "approvedBy",
    d.approved_description, d.approved_annotations, d.approved_input_schema,
    d.first_seen_at, d.last_seen_at, case when d.approved_pin is null then r.name end as "renamedFrom",
    case when d.approved_pin = d.pin then 'approved' when d.approved_pin is not null then 'changed'
      when r.name is not null then 'renamedFrom' else 'new' end as standing
  from writ.tool_definitions d left join lateral (
    select o.name from writ.tool_definitions o
     where o.tenant_id = d.tenant_id and o.connection_id = d.connection_id and o.kind = d.kind and o.name <> d.name
       and o.approved_content_pin = d.content_pin order by o.name limit 1) r on true
  where d.tenant_id = $1 and d.connection_id = $2`

function viewOf(row: ToolRow, connection: ConnectionView): ToolView {
  const { approved_at, first_seen_at, last_seen_at, standing, ...rest } = row
  const { approved_description: _, approved_annotations: __, approved_input_schema: ___, ...shown } = rest
  return {
    ...shown,
    standing,
    drift: standing === 'changed' ? driftOf(row) : null,
    ...classOf(row, connection),
    approvedAt: approved_at?.toISOString() ?? null,
    firstSeenAt: first_seen_at.toISOString(),
    lastSeenAt: last_seen_at.toISOString(),
  }
}

/** As a gateway would class a call without arguments: what a server says of itself counts only as it was approved. */
function classOf(row: ToolRow, connection: ConnectionView): Pick<ToolView, 'class' | 'classSource'> {
  if (row.kind !== 'tool') return { class: null, classSource: null }
  const isBelieved = connection.annotationsTrusted && row.standing === 'approved'
  const action = classify({
    method: 'tools/call',
    named: row.name,
    connectionName: connection.name,
    toolClasses: connection.toolClasses,
    args: {},
    pin: row.pin,
    inputSchema: row.approved_input_schema,
    ...(isBelieved && { annotations: row.annotations }),
  })
  return { class: action.class, classSource: action.classSource }
}
