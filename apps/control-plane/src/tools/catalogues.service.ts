import { Injectable } from '@nestjs/common'
import type { AgentId, CatalogueReport, ConnectionId, ConnectionView, SeenDefinition } from '@writ/contracts'
import { groupsOfPrincipal } from '../access-groups/membership.ts'
import { Administrations } from '../administration/administrations.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { notFound } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { recordDrifts } from './drifts.ts'
import { pinAtFirstSight } from './first-sight.ts'

/** Per connection: a server that makes up new names for ever fills no table, and machines of agents leave room for what gateways see. */
const MOST_DEFINITIONS = 2000
const MOST_WITH_DEVICES = 1000

/** Keeps what servers show of themselves. Seeing approves nothing and changes no bundle, unless the connection pins at first sight. */
@Injectable()
export class CataloguesService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    readonly mint: Mint,
    readonly administrations: Administrations,
  ) {}

  /**
   * @param agent whose machine saw it; null for a gateway, which serves all
   * @throws 404 when the connection is not the tenant's, or not one that the agent may use
   */
  async keep(
    { tenant, connection, definitions }: CatalogueReport,
    agent: AgentId | null = null,
  ): Promise<void> {
    await this.tenancy.run(await this.tenancy.bySlug(tenant), async (db) => {
      const { pinning } = await lockConnection(db, connection, agent)
      const known = await knownIn(db, connection)
      const kept = fitting(definitions, known, agent === null ? MOST_DEFINITIONS : MOST_WITH_DEVICES)
      const nowMs = this.clock.nowMs()
      // Whose machine it is could show anything: what counts for the tenant is what its gateways saw, and nothing of it is replaced.
      if (agent !== null) return insert(db, { connection, definitions: kept, nowMs }, 'nothing')
      await insert(db, { connection, definitions: kept, nowMs }, REPLACE)
      if (pinning === 'first-sight')
        await pinAtFirstSight(
          db,
          { connection, definitions: kept.filter((definition) => !known.has(keyOf(definition))), nowMs },
          this,
        )
      await recordDrifts(db, connection, nowMs, this.administrations)
    })
  }
}

// Reports of one connection take turns, so that each counts what those before it added.
async function lockConnection(
  db: TenantDb,
  connection: ConnectionId,
  agent: AgentId | null,
): Promise<Pick<ConnectionView, 'pinning'>> {
  const row = await db.first<Pick<ConnectionView, 'pinning'>>(
    `select c.pinning from writ.connections c where c.tenant_id = $1 and c.id = $2 and c.deleted_at is null
       and ($3::text is null or exists (
         select from writ.group_connections g, writ.agents p
          where g.tenant_id = $1 and g.connection_id = c.id and p.tenant_id = $1 and p.id = $3
            and g.group_id = any (${groupsOfPrincipal('agent')})))
     for no key update of c`,
    [connection, agent],
  )
  if (!row) throw notFound()
  return row
}

async function knownIn(db: TenantDb, connection: ConnectionId): Promise<ReadonlySet<string>> {
  const rows = await db.rows<Pick<SeenDefinition, 'kind' | 'name'>>(
    'select kind, name from writ.tool_definitions where tenant_id = $1 and connection_id = $2',
    [connection],
  )
  return new Set(rows.map(keyOf))
}

/** What is known already always, what is new as long as there is room; of a definition that is there twice, the later one. */
function fitting(
  definitions: readonly SeenDefinition[],
  known: ReadonlySet<string>,
  most: number,
): readonly SeenDefinition[] {
  const unique = [...new Map(definitions.map((definition) => [keyOf(definition), definition])).values()]
  const isKnown = (definition: SeenDefinition) => known.has(keyOf(definition))
  const added = unique.filter((definition) => !isKnown(definition))
  return [...unique.filter(isKnown), ...added.slice(0, Math.max(0, most - known.size))]
}

const keyOf = ({ kind, name }: Pick<SeenDefinition, 'kind' | 'name'>): string => `${kind} ${name}`

type Seen = {
  readonly connection: ConnectionId
  readonly definitions: readonly SeenDefinition[]
  readonly nowMs: number
}

async function insert(
  db: TenantDb,
  { connection, definitions, nowMs }: Seen,
  onConflictDo: string,
): Promise<void> {
  await db.rows(
    `insert into writ.tool_definitions (tenant_id, connection_id, kind, name, pin, content_pin, description, annotations,
       input_schema, first_seen_at, last_seen_at)
     select $1, $2, d.kind, d.name, d.pin, d."contentPin", d.description, d.annotations, nullif(d."inputSchema", 'null'), $4, $4
       from jsonb_to_recordset($3::jsonb) as d (kind text, name text, pin text, "contentPin" text, description text,
         annotations jsonb, "inputSchema" jsonb)
     on conflict (tenant_id, connection_id, kind, name) do ${onConflictDo}`,
    [connection, JSON.stringify(definitions), new Date(nowMs)],
  )
}

const REPLACE = `update set pin = excluded.pin, content_pin = excluded.content_pin, description = excluded.description,
  annotations = excluded.annotations, input_schema = excluded.input_schema, last_seen_at = excluded.last_seen_at`
