import { classify } from '@writ/actions'
import type { Action, BundleConnection, BundleTool, JsonObject, PinStanding, Question } from '@writ/contracts'
import type { SeenDefinitions } from '../ports.ts'

export type ToolPorts = { readonly seen: SeenDefinitions }

/** What a message would do, and how the tool that it names stands. */
export type Named = { readonly action: Action; readonly tool: Question['tool'] }

/** What one method of one connection names. */
export type Naming = {
  readonly connection: BundleConnection
  readonly method: string
  readonly named: string | null
  readonly args: JsonObject
}

/** The action of a message, and the standing of its tool: the approved definition against the one that the upstream last listed. */
export function nameAction(naming: Naming, ports: ToolPorts): Named {
  const { connection, method, named, args } = naming
  const approved = approvedTool(naming)
  const seen = seenPin(naming, ports)
  const tool = { pin: standingOf(naming, approved, seen), annotations: approved?.annotations ?? {} }
  const action = classify({
    method,
    named,
    connectionName: connection.name,
    toolClasses: connection.toolClasses,
    args,
    // A definition can be copied by another server: a judged one counts where the tenant approved it.
    pin: tool.pin === 'approved' ? (seen ?? null) : null,
    inputSchema: approved?.inputSchema ?? null,
    ...(isBelieved(connection, approved, tool.pin) ? { annotations: tool.annotations } : {}),
  })
  return { action, tool }
}

function seenPin({ connection, method, named }: Naming, { seen }: ToolPorts): string | undefined {
  const kind = KINDS.get(method)
  return kind && named !== null ? seen.pinOf(connection.id, kind, named) : undefined
}

/** What a server says of a tool counts where an admin trusts the server, and as far as the approved definition says it. */
const isBelieved = (
  { annotationsTrusted }: BundleConnection,
  approved: BundleTool | undefined,
  pin: PinStanding,
): boolean => annotationsTrusted && approved !== undefined && pin !== 'changed'

/** The definition that the tenant approved of what a method names. */
export const approvedTool = ({ connection, method, named }: Omit<Naming, 'args'>): BundleTool | undefined =>
  connection.tools.find((tool) => tool.kind === KINDS.get(method) && tool.name === named)

function standingOf(
  { connection, method }: Naming,
  approved: BundleTool | undefined,
  seen: string | undefined,
): PinStanding {
  if (!KINDS.has(method)) return 'unknown'
  if (approved === undefined) return seen === undefined && connection.tools.length === 0 ? 'unknown' : 'new'
  if (seen === undefined) return 'unknown'
  return seen === approved.pin ? 'approved' : 'changed'
}

const KINDS: ReadonlyMap<string, BundleTool['kind']> = new Map<string, BundleTool['kind']>([
  ['tools/call', 'tool'],
  ['prompts/get', 'prompt'],
  ['resources/read', 'resource'],
])
