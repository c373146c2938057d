import type { ConnectionId, SeenDefinition } from '@writ/contracts'
import type { Administrations } from '../administration/administrations.ts'
import type { Mint } from '../bundles/mint.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { PLATFORM } from './drifts.ts'
import { APPROVE } from './tools.service.ts'

/** In the place of who approved it. */
const FIRST_SIGHT = 'first-sight'

/** Of one connection; what is beyond stays new. Approved definitions stand in the bundle, which has an end for all of the tenant. */
const MOST_PINNED = 200
const MOST_PINNED_BYTES = 128 * 1024

export type FirstSight = {
  readonly connection: ConnectionId
  /** what nobody had seen before */
  readonly definitions: readonly SeenDefinition[]
  readonly nowMs: number
}

/** Approves what is seen for the first time, as far as there is room. */
export async function pinAtFirstSight(
  db: TenantDb,
  { connection, definitions, nowMs }: FirstSight,
  { mint, administrations }: { readonly mint: Mint; readonly administrations: Administrations },
): Promise<void> {
  const pinned = await fitting(db, connection, definitions)
  if (pinned.length === 0) return
  await db.rows(
    `${APPROVE} and (kind, name) in (select d.kind, d.name from jsonb_to_recordset($5::jsonb) as d (kind text, name text))`,
    [connection, new Date(nowMs), FIRST_SIGHT, JSON.stringify(pinned)],
  )
  await mint.mint(db)
  await administrations.record(db, {
    ...PLATFORM,
    route: 'definitions pinned at first sight',
    target: connection,
    before: null,
    after: { definitions: pinned },
  })
}

async function fitting(
  db: TenantDb,
  connection: ConnectionId,
  definitions: readonly SeenDefinition[],
): Promise<readonly Pick<SeenDefinition, 'kind' | 'name' | 'pin'>[]> {
  if (definitions.length === 0) return []
  const taken = await db.first<{ count: number; bytes: number }>(TAKEN, [connection, FIRST_SIGHT])
  let [count, bytes] = [taken?.count ?? 0, taken?.bytes ?? 0]
  return definitions.flatMap((definition) => {
    const { kind, name, pin } = definition
    const sizeBytes = bytesOf(definition)
    if (count >= MOST_PINNED || bytes + sizeBytes > MOST_PINNED_BYTES) return []
    count += 1
    bytes += sizeBytes
    return [{ kind, name, pin }]
  })
}

/** What goes into the bundle. */
const bytesOf = ({ name, annotations, inputSchema }: SeenDefinition): number =>
  Buffer.byteLength(name + JSON.stringify(annotations) + JSON.stringify(inputSchema))

const TAKEN = `select count(*)::int as count, coalesce(sum(octet_length(name) + octet_length(approved_annotations::text)
    + octet_length(coalesce(approved_input_schema::text, 'null'))), 0)::float8 as bytes
  from writ.tool_definitions where tenant_id = $1 and connection_id = $2 and approved_by = $3`
