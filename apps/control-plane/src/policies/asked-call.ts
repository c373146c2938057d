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
import { compare } from '@writ/policy'
import type { Call } from '@writ/policy/authoring'
import { badRequest, notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

type Principal = { readonly id: string; readonly name: string; readonly groups: readonly AccessGroupId[] }

/** Who asks. */
export type Asker = { readonly agent: Principal; readonly human: Principal }

/** What is called, with everything that the tenant has of it. */
export type Target = {
  readonly connection: BundleConnection
  readonly tool: Question['tool']
  readonly inputSchema: JsonObject | null
  readonly seenPin: string | null
}

/** The one that is asked about, and those of the session's past. */
export type Targets = { readonly asked: Target; readonly past: (call: Call) => Target }

/** @throws 404 when there is no such agent */
export async function askerOf(db: TenantDb, bundle: Bundle, wanted: string): Promise<Asker> {
  const agent = bundle.agents.find(({ id, name }) => id === wanted || name === wanted)
  const row = await db.first<{ human_id: string }>(
    'select human_id from writ.agents where tenant_id = $1 and id = $2',
    [agent?.id ?? ''],
  )
  const human = bundle.humans.find(({ id }) => id === row?.human_id)
  if (!agent || !human) throw notFound()
  return { agent, human }
}

/** @throws 404 when there is no such connection; 400 naming the event whose connection there is not */
export async function targetsOf(db: TenantDb, bundle: Bundle, asked: ExplainRequest): Promise<Targets> {
  const connection = connectionNamed(bundle, asked.connection)
  if (!connection) throw notFound()
  const known = new Map<string, Target>()
  for (const [at, { connection: name = asked.connection, tool }] of asked.history.entries()) {
    const past = connectionNamed(bundle, name)
    if (!past) throw noSuchConnection(at)
    const key = keyOf(name, tool)
    if (!known.has(key)) known.set(key, await targetOf(db, past, tool))
  }
  const target = await targetOf(db, connection, asked.tool)
  return { asked: target, past: ({ connection: name, tool }) => known.get(keyOf(name, tool)) ?? target }
}

const connectionNamed = ({ connections }: Bundle, wanted: string): BundleConnection | undefined =>
  connections.find(({ id, name }) => id === wanted || name === wanted)

const keyOf = (connection: string, tool: string | undefined): string => JSON.stringify([connection, tool])

const noSuchConnection = (at: number) =>
  badRequest('the history names a connection that there is not', [
    { path: `history[${at}].connection`, message: 'there is no such connection' },
  ])

async function targetOf(
  db: TenantDb,
  connection: BundleConnection,
  tool: string | undefined,
): Promise<Target> {
  const approved = connection.tools.find(({ kind, name }) => kind === 'tool' && name === tool)
  const seen = tool === undefined ? null : await seenOf(db, connection, tool)
  const pin = standingOf(connection, tool ?? '', seen)
  return {
    connection,
    tool: { pin, annotations: approved?.annotations ?? {} },
    inputSchema: approved?.inputSchema ?? null,
    seenPin: seen?.pin ?? null,
  }
}

/** As a gateway classes it; a class that the call names itself counts first. */
export function actionOn({ connection, tool, seenPin, inputSchema }: Target, call: Call): Action {
  const isBelieved = connection.annotationsTrusted && tool.pin === 'approved'
  const action = classify({
    method: call.method,
    named: call.tool ?? null,
    connectionName: connection.name,
    toolClasses: connection.toolClasses,
    args: call.args,
    pin: seenPin,
    inputSchema,
    ...(isBelieved && { annotations: tool.annotations }),
  })
  return call.class === undefined ? action : { ...action, class: call.class, classSource: 'admin' }
}

type Seen = { readonly pin: string; readonly contentPin: string }

async function seenOf(db: TenantDb, connection: BundleConnection, tool: string): Promise<Seen | null> {
  const row = await db.first<Seen>(
    `select pin, content_pin as "contentPin" from writ.tool_definitions
     where tenant_id = $1 and connection_id = $2 and kind = 'tool' and name = $3`,
    [connection.id, tool],
  )
  return row ?? null
}

/** As a gateway tells it that listed the tools of the connection; what a session was shown before is left out. */
function standingOf({ tools }: BundleConnection, name: string, seen: Seen | null): PinStanding {
  if (seen !== null) return compare(tools, { kind: 'tool', name, ...seen }).standing
  return tools.length > 0 ? 'new' : 'unknown'
}
