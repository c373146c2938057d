import { legibleName } from '@writ/contracts'
import type { AuditRecord, Lineage } from '@writ/contracts'

type Graph = Pick<Lineage, 'nodes' | 'edges'>
type LineageNode = Graph['nodes'][number]
type LineageEdge = Graph['edges'][number]

/** Who acted through whom, and what they reached: each thing once, each connection once. */
export function graphOf(records: readonly AuditRecord[]): Graph {
  const nodes = new Map<string, LineageNode>()
  const edges = new Map<string, LineageEdge>()
  for (const record of records) {
    for (const node of nodesIn(record)) nodes.set(node.id, merged(nodes.get(node.id), node))
    for (const edge of edgesIn(record)) edges.set(JSON.stringify(edge), edge)
  }
  return {
    nodes: [...nodes.values()],
    edges: [...edges.values()].filter(({ from, to }) => nodes.has(from) && nodes.has(to)),
  }
}

/** The later record of a call knows how it ended; a name that one record shows stays. */
const merged = (before: LineageNode | undefined, now: LineageNode): LineageNode => ({
  ...now,
  name: now.name ?? before?.name ?? null,
  at: before?.at ?? now.at,
})

const node = (kind: LineageNode['kind'], id: string, of: Partial<LineageNode> = {}): LineageNode => ({
  id,
  kind,
  name: null,
  outcome: null,
  at: null,
  ...of,
})

const isCall = ({ kind }: AuditRecord): boolean => kind === 'opened' || kind === 'closed'

/** Names are agents' own words, so the kind stands before them: no tool can take an agent's place. */
const toolId = ({ connection, action, local }: AuditRecord): string | null => {
  const name = action?.tool ?? local?.tool ?? null
  return name === null ? null : `tool:${connection?.id ?? local?.client ?? 'local'}:${name}`
}
const resourceId = ({ connection, action }: AuditRecord): string | null =>
  action === null ? null : `resource:${connection?.id ?? 'local'}:${action.resource}`

const nodesIn = (record: AuditRecord): LineageNode[] => [
  ...whoIn(record),
  ...(isCall(record) ? [callNode(record)] : []),
  ...reachedIn(record),
]

const whoIn = ({ human, agent, delegators, session, ancestors = [] }: AuditRecord): LineageNode[] => [
  ...(human ? [node('human', human.id, { name: legibleName(human.name) })] : []),
  ...[agent, ...delegators].flatMap((one) => (one ? [node('agent', one.id, { name: one.name })] : [])),
  ...[session, ...ancestors].flatMap((one) => (one ? [node('session', one)] : [])),
]

function reachedIn(record: AuditRecord): LineageNode[] {
  const { action, local } = record
  const [tool, resource] = [toolId(record), resourceId(record)]
  return [
    ...(tool ? [node('tool', tool, { name: action?.tool ?? local?.tool ?? null })] : []),
    ...(resource ? [node('resource', resource, { name: action?.resource ?? null })] : []),
  ]
}

const callNode = ({ decisionId, action, kind, outcome, at }: AuditRecord): LineageNode =>
  node('call', decisionId, {
    name: action?.method ?? null,
    outcome: kind === 'closed' ? outcome : null,
    at,
  })

type Edge = readonly [
  kind: LineageEdge['kind'],
  from: string | null | undefined,
  to: string | null | undefined,
]

function edgesIn(record: AuditRecord): LineageEdge[] {
  const { human, agent, delegators, session, ancestors = [], parent, decisionId } = record
  const call = isCall(record) ? decisionId : null
  const [tool, resource] = [toolId(record), resourceId(record)]
  // Newest first, each by the one behind it, the outermost by the human.
  const chain = [agent?.id, ...delegators.map(({ id }) => id), human?.id]
  const sessions = [session, ...ancestors]
  const edges: Edge[] = [
    ...chain.slice(1).map((from, at): Edge => ['delegated', from, chain[at]]),
    ...sessions.slice(1).map((from, at): Edge => ['delegated', from, sessions[at]]),
    ['opened', agent?.id, session],
    parent === undefined ? ['made', session, call] : ['made', parent, call],
    ['used', call, tool],
    tool === null ? ['reached', call, resource] : ['reached', tool, resource],
  ]
  return edges.flatMap(([kind, from, to]) => (from && to ? [{ from, to, kind }] : []))
}
