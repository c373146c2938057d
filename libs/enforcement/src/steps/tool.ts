import { classify } from '@writ/actions'
import type {
  Action,
  BundleConnection,
  BundleTool,
  JsonObject,
  PinStanding,
  Question,
  SessionState,
} from '@writ/contracts'
import type { Definition } from '@writ/policy'
import { compare, TWO_DEFINITIONS } from '@writ/policy'
import type { SeenDefinitions, SeenPin } from '../ports.ts'
import type { Asking, Place } from '../stages.ts'

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

/** The action of a message, and the standing of its tool: the approved definitions against the one that the upstream last listed. */
export function nameAction(naming: Naming, ports: ToolPorts): Named {
  const { connection, method, named, args } = naming
  const approved = approvedTool(naming)
  const seen = seenOf(naming, ports)
  const tool = { pin: standingOf(naming, approved, seen), annotations: approved?.annotations ?? {} }
  const action = classify({
    method,
    named,
    connectionName: connection.name,
    toolClasses: connection.toolClasses,
    args,
    // A definition can be copied by another server: a judged one counts where the tenant approved it.
    pin: tool.pin === 'approved' ? (seen?.pin ?? null) : null,
    inputSchema: approved?.inputSchema ?? null,
    ...(isBelieved(connection, approved, tool.pin) ? { annotations: tool.annotations } : {}),
  })
  return { action, tool }
}

/**
 * The standing of a called tool in a session: what its agent was shown counts, through whichever gateway, beside what this one saw. The
 * agent may have read a definition that the upstream has changed back since.
 */
export function standingIn(state: SessionState | null, { connection, action, tool }: Asking): PinStanding {
  const shown =
    action.method === 'tools/call' ? state?.pins[shownAs(connection, action.tool ?? '')] : undefined
  if (shown === undefined) return tool.pin
  if (shown === TWO_DEFINITIONS) return 'changed'
  const approved = approvedTool({ connection, method: action.method, named: action.tool })
  if (approved === undefined) return tool.pin === 'unknown' ? 'new' : tool.pin
  if (shown !== approved.pin) return 'changed'
  return tool.pin === 'unverified' ? 'approved' : tool.pin
}

/** Names of connections have no slash. */
const shownAs = ({ name }: Place, tool: string): string => `${name}/${tool}`

/**
 * The definitions of tools that a session remembers being shown. Its room is bounded, so those that the tenant approved go first: a server
 * that lists a thousand others must not push them out.
 */
export function pinsShown(
  definitions: readonly Definition[],
  connection: Place,
): readonly { readonly tool: string; readonly pin: string }[] {
  const tools = definitions.filter(({ kind }) => kind === 'tool')
  const approved = new Set(connection.tools.filter(({ kind }) => kind === 'tool').map(({ name }) => name))
  const wanted = approved.size === 0 ? tools : tools.filter(({ name }) => approved.has(name))
  return wanted.map(({ name, pin }) => ({ tool: shownAs(connection, name), pin }))
}

function seenOf({ connection, method, named }: Naming, { seen }: ToolPorts): SeenPin | undefined {
  const kind = KINDS.get(method)
  return kind && named !== null ? seen.seenOf(connection.id, kind, named) : undefined
}

/** What a server says of a tool counts where an admin trusts the server, and as far as the approved definition says it. */
const isBelieved = (
  { annotationsTrusted }: BundleConnection,
  approved: BundleTool | undefined,
  pin: PinStanding,
): boolean => annotationsTrusted && approved !== undefined && pin !== 'changed'

type Shown = Pick<Naming, 'method' | 'named'> & { readonly connection: Pick<Place, 'tools'> }

/** The definition that the tenant approved of what a method names. */
export const approvedTool = ({ connection, method, named }: Shown): BundleTool | undefined =>
  connection.tools.find((tool) => tool.kind === KINDS.get(method) && tool.name === named)

function standingOf(
  { connection, method, named }: Naming,
  approved: BundleTool | undefined,
  seen: SeenPin | undefined,
): PinStanding {
  const kind = KINDS.get(method)
  if (kind === undefined || named === null) return 'unknown'
  if (seen !== undefined) return compare(connection.tools, { kind, name: named, ...seen }).standing
  if (approved !== undefined) return 'unverified'
  return connection.tools.length === 0 ? 'unknown' : 'new'
}

const KINDS: ReadonlyMap<string, BundleTool['kind']> = new Map<string, BundleTool['kind']>([
  ['tools/call', 'tool'],
  ['prompts/get', 'prompt'],
  ['resources/read', 'resource'],
])
