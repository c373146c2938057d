import type { ConnectionId, ToolView } from '@writ/contracts'
import type { Administrations } from '../administration/administrations.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { driftBetween } from './definition-diff.ts'
import type { Words } from './definition-diff.ts'

/** So many definitions stand in one record, and one record of a connection is written in so long: an upstream that changes for ever fills no ledger. */
const MOST_IN_RECORD = 8
const BETWEEN_RECORDS_MS = 60_000

/** What the platform does by itself, as the audit names it. */
export const PLATFORM = {
  permission: 'platform',
  by: { kind: 'platform', id: 'platform', name: 'platform' },
} as const

/** Definitions that are no longer what the tenant approved, each form of them once. Call it last in a transaction. */
export async function recordDrifts(
  db: TenantDb,
  connection: ConnectionId,
  nowMs: number,
  administrations: Administrations,
): Promise<void> {
  const due = await db.first(
    `select 1 from writ.connections where tenant_id = $1 and id = $2
       and (drift_recorded_at is null or drift_recorded_at <= $3)`,
    [connection, new Date(nowMs - BETWEEN_RECORDS_MS)],
  )
  if (!due) return
  const rows = await db.rows<DriftRow>(DRIFTED, [connection, MOST_IN_RECORD])
  if (rows.length === 0) return
  await db.rows(RECORDED, [
    connection,
    JSON.stringify(rows.map(({ kind, name, pin }) => ({ kind, name, pin }))),
  ])
  await db.rows('update writ.connections set drift_recorded_at = $3 where tenant_id = $1 and id = $2', [
    connection,
    new Date(nowMs),
  ])
  await administrations.record(db, {
    ...PLATFORM,
    route: 'definitions changed since they were approved',
    target: connection,
    before: { definitions: rows.map(({ kind, name, approvedPin }) => ({ kind, name, pin: approvedPin })) },
    after: {
      definitions: rows.map((row) => ({ kind: row.kind, name: row.name, pin: row.pin, ...driftOf(row) })),
    },
  })
}

type DriftRow = Pick<ToolView, 'kind' | 'name' | 'pin'> & DriftedRow & { readonly approvedPin: string }

/** A definition with its approved form. */
export type DriftedRow = Words & {
  readonly approved_description: string | null
  readonly approved_annotations: Words['annotations'] | null
  readonly approved_input_schema: Words['inputSchema']
}

export const driftOf = (row: DriftedRow): NonNullable<ToolView['drift']> =>
  driftBetween(
    {
      description: row.approved_description,
      annotations: row.approved_annotations ?? {},
      inputSchema: row.approved_input_schema,
    },
    row,
  )

const DRIFTED = `select kind, name, pin, approved_pin as "approvedPin", description, annotations, input_schema as "inputSchema",
    approved_description, approved_annotations, approved_input_schema
  from writ.tool_definitions
  where tenant_id = $1 and connection_id = $2 and approved_pin <> pin and drift_pin is distinct from pin
  order by last_seen_at desc, kind, name limit $3`

const RECORDED = `update writ.tool_definitions t set drift_pin = d.pin
  from jsonb_to_recordset($3::jsonb) as d (kind text, name text, pin text)
  where t.tenant_id = $1 and t.connection_id = $2 and t.kind = d.kind and t.name = d.name`
