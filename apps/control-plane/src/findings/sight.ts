import type { AuditRecord, DecisionId, HookClient, HookMoment, SessionId } from '@writ/contracts'

/** One action as one channel saw it: what of a record is compared with the other records of its session. Both records of a call are one. */
export type Sight = {
  readonly decision: DecisionId
  readonly session: SessionId
  readonly atMs: number
  readonly node: AuditRecord['gateway']['node']
  readonly agent: AuditRecord['agent']
  readonly human: AuditRecord['human']
  /** whether it was let happen; `asked`: if the person at the device said so */
  readonly verdict: 'let' | 'asked' | 'stopped'
} & (HookSight | GatewaySight)

export type HookSight = {
  readonly channel: 'hooks'
  readonly client: HookClient
  readonly moment: HookMoment
  /** `hook/<kind>` */
  readonly method: string
  readonly conversation: string | null
  readonly toolUse: string | null
  readonly hosts: readonly string[]
  readonly asksForPackages: boolean
  /** more was reached than the record has room for */
  readonly more: boolean
  readonly isModelHost: boolean
  readonly call: McpCall | null
}
export type GatewaySight = { readonly channel: 'gateway'; readonly call: McpCall; readonly body: string }

/** One tool of one connection. */
export type McpCall = { readonly connection: string; readonly tool: string }

export type SightOf<Channel extends Sight['channel']> = Extract<Sight, { readonly channel: Channel }>

/** @returns null for a record that says nothing of an action which two channels see */
export function sightOf(record: AuditRecord): Sight | null {
  const { session } = record
  if (session === null || (record.kind !== 'opened' && record.kind !== 'closed')) return null
  const seen = record.channel === 'hooks' ? hookSightOf(record) : gatewaySightOf(record)
  if (seen === null) return null
  return {
    decision: record.decisionId,
    session,
    atMs: Date.parse(record.at),
    node: record.gateway.node,
    agent: record.agent,
    human: record.human,
    verdict: verdictOf(record),
    ...seen,
  }
}

function verdictOf({ outcome, outbound, local }: AuditRecord): Sight['verdict'] {
  if (outcome !== 'allow' && outcome !== 'failed') return 'stopped'
  return outbound?.outcome === 'ask' && local?.observed === false ? 'asked' : 'let'
}

/** The fact that the profile of a sandbox notes of a connection to the model's own service. */
const MODEL_HOST_FACT = 'model_host'

function hookSightOf({ local, action }: AuditRecord): HookSight | null {
  if (local === null || action === null) return null
  const { client, moment, conversation, toolUse, more } = local
  return {
    channel: 'hooks',
    client,
    moment,
    method: action.method,
    conversation,
    toolUse,
    more,
    hosts: local.hosts.map(hostOf),
    asksForPackages: local.packages.length > 0,
    isModelHost: local.facts.some(({ kind }) => kind === MODEL_HOST_FACT),
    call: action.method === 'hook/mcp.call' ? localCallOf(action) : null,
  }
}

/** The resource of a call is `server/tool`, and either may have a slash in it. */
function localCallOf({ tool, resource }: NonNullable<AuditRecord['action']>): McpCall | null {
  if (tool === null || !resource?.endsWith(`/${tool}`)) return null
  return { connection: resource.slice(0, -tool.length - 1), tool }
}

function gatewaySightOf({ action, connection, request }: AuditRecord): GatewaySight | null {
  if (action?.method !== 'tools/call' || action.tool === null || connection === null) return null
  return {
    channel: 'gateway',
    call: { connection: connection.name, tool: action.tool },
    body: request?.sha256 ?? '',
  }
}

/** A name as one compares it: without port, without the dot at the end, in lower case. */
const hostOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([^:]*):\d+$/, '$1')
    .replace(/\.$/, '')

/** The records of a decision as one sight: the earliest moment, and how it ended. */
export function sightsOf(records: readonly AuditRecord[]): Sight[] {
  const sights = new Map<DecisionId, Sight>()
  for (const record of records) {
    const sight = sightOf(record)
    if (!sight) continue
    const other = sights.get(sight.decision)
    const ended = other && record.kind === 'opened' ? other : sight
    sights.set(sight.decision, { ...ended, atMs: Math.min(sight.atMs, other?.atMs ?? Infinity) })
  }
  return [...sights.values()].toSorted((one, two) => one.atMs - two.atMs)
}
