import { classify } from '@writ/actions'
import type {
  AccessGroupId,
  Action,
  Bundle,
  BundleConnection,
  ExplainRequest,
  JsonObject,
  PinStanding,
  Question,
} from '@writ/contracts'
import { notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

type Principal = { readonly id: string; readonly name: string; readonly groups: readonly AccessGroupId[] }

/** A call that is asked about, with everything that the tenant has of it. */
export type AskedCall = {
  readonly agent: Principal
  readonly human: Principal
  readonly connection: BundleConnection
  readonly action: Action
  readonly tool: Question['tool']
  readonly inputSchema: JsonObject | null
}

/** @throws 404 when there is no such agent or connection */
export async function askedCall(db: TenantDb, bundle: Bundle, asked: ExplainRequest): Promise<AskedCall> {
  const connection = bundle.connections.find(
    ({ id, name }) => id === asked.connection || name === asked.connection,
  )
  if (!connection) throw notFound()
  const { agent, human } = await principalsOf(db, bundle, asked.agent)
  const approved = connection.tools.find(({ kind, name }) => kind === 'tool' && name === asked.tool)
  const seen = await seenPin(db, connection, asked.tool)
  const pin = standingOf(approved?.pin, seen, connection.tools.length > 0)
  const annotations = approved?.annotations ?? {}
  const inputSchema = approved?.inputSchema ?? null
  const isBelieved = connection.annotationsTrusted && pin === 'approved'
  const action = classify({
    method: 'tools/call',
    named: asked.tool,
    connectionName: connection.name,
    toolClasses: connection.toolClasses,
    args: asked.args,
    pin: seen,
    inputSchema,
    ...(isBelieved && { annotations }),
  })
  return { agent, human, connection, action, tool: { pin, annotations }, inputSchema }
}

async function principalsOf(
  db: TenantDb,
  bundle: Bundle,
  wanted: string,
): Promise<Pick<AskedCall, 'agent' | 'human'>> {
  const agent = bundle.agents.find(({ id, name }) => id === wanted || name === wanted)
  const row = await db.first<{ human_id: string }>(
    'select human_id from writ.agents where tenant_id = $1 and id = $2',
    [agent?.id ?? ''],
  )
  const human = bundle.humans.find(({ id }) => id === row?.human_id)
  if (!agent || !human) throw notFound()
  return { agent, human }
}

async function seenPin(db: TenantDb, connection: BundleConnection, tool: string): Promise<string | null> {
  const row = await db.first<{ pin: string }>(
    `select pin from writ.tool_definitions where tenant_id = $1 and connection_id = $2 and kind = 'tool' and name = $3`,
    [connection.id, tool],
  )
  return row?.pin ?? null
}

/** As a gateway tells it that listed the tools of the connection. */
function standingOf(approved: string | undefined, seen: string | null, isPinned: boolean): PinStanding {
  if (approved === undefined) return seen === null && !isPinned ? 'unknown' : 'new'
  if (seen === null) return 'unknown'
  return seen === approved ? 'approved' : 'changed'
}
