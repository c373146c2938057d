import type { Json } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { argumentsOf, rowOf } from '@writ/mcp'
import type { Message } from '@writ/mcp'
import type { Composed, CompositionPorts } from './composed.ts'
import { callerOf } from './composed.ts'
import { isObject } from './hear.ts'
import { allOf } from './all-pages.ts'
import { isPage, LISTINGS } from './listing.ts'
import { composedName, parted, partedMark, partedUri } from './names.ts'
import type { Change } from './rewrite.ts'
import { unwrapped, withTexts } from './rewrite.ts'
import { CALL } from './search.ts'
import type { SessionMember } from './seal.ts'

/** Where a message goes whole, and as what. */
export type Routed = { readonly member: SessionMember; readonly body: string; readonly name: string | null }

/** The connection that a message is for, by the tool, prompt, resource, task or request that it names. */
export async function routed(composed: Composed, ports: CompositionPorts): Promise<Routed | Refusal> {
  const target = await targetOf(composed, ports)
  if (isRefusal(target)) return target
  const member = memberNamed(target.connection, composed)
  if (member === undefined) return UNKNOWN
  const state = stateChanges(target.connection, composed, ports)
  if (isRefusal(state)) return state
  const body = withTexts(target.text ?? composed.text, [...target.changes, ...state])
  return { member, body, name: target.name }
}

/** The same for what is not there and for what is not given to this caller. */
const UNKNOWN = new Refusal('name_unknown')

const memberNamed = (name: string, { members }: Composed): SessionMember | undefined =>
  members.find(({ connection }) => connection === name)

type Target = {
  readonly connection: string
  /** what it is called at its own server; null where the message is not routed by a name */
  readonly name: string | null
  readonly changes: readonly Change[]
  /** the message, where it is another one than came */
  readonly text?: string
}

function targetOf(composed: Composed, ports: CompositionPorts): Promise<Target | Refusal> | Target | Refusal {
  const { message } = composed
  if (message.kind === 'response') return markedTarget(message.id, ['id'])
  if (message.method === 'notifications/progress')
    return markedTarget(message.params['progressToken'], ['params', 'progressToken'])
  const named = rowOf(message)?.named ?? null
  return named === null ? new Refusal('method_unknown') : TARGETS[named](composed, ports)
}

const TARGETS = {
  name: namedTarget,
  uri: ({ message }: Composed) => uriTarget(message.params['uri'], ['params', 'uri']),
  ref: referredTarget,
  taskId: taskTarget,
}

function markedTarget(mark: Json | undefined, path: readonly string[]): Target | Refusal {
  const at = typeof mark === 'string' ? partedMark(mark) : null
  if (at === null) return UNKNOWN
  return { connection: at.connection, name: null, changes: [{ path, value: at.mark }] }
}

function uriTarget(uri: Json | undefined, path: readonly string[]): Target | Refusal {
  const at = typeof uri === 'string' ? partedUri(uri) : null
  return at === null
    ? UNKNOWN
    : { connection: at.connection, name: at.uri, changes: [{ path, value: at.uri }] }
}

async function namedTarget(composed: Composed, ports: CompositionPorts): Promise<Target | Refusal> {
  const { message, text } = composed
  const called = calledIn(message)
  const listing = message.method === 'prompts/get' ? 'prompts/list' : 'tools/list'
  const found = await resolved(called.name, listing, composed, ports)
  if (isRefusal(found)) return found
  return called.isWrapped
    ? { ...found, changes: [], text: unwrapped(text, found.name) }
    : { ...found, changes: [{ path: ['params', 'name'], value: found.name }] }
}

/** The tool or prompt that is called: by its own name, or as an argument of the stand-in. */
function calledIn(message: Message): { readonly name: string; readonly isWrapped: boolean } {
  const { name } = message.params
  if (message.method !== 'tools/call' || name !== CALL) return { name: textOf(name), isWrapped: false }
  const row = rowOf(message)
  const inner = row ? argumentsOf(message, row)['name'] : null
  return { name: textOf(inner), isWrapped: true }
}

const textOf = (name: Json | undefined): string => (typeof name === 'string' ? name : '')

async function referredTarget(composed: Composed, ports: CompositionPorts): Promise<Target | Refusal> {
  const ref = composed.message.params['ref']
  if (!isObject(ref)) return UNKNOWN
  if (ref['type'] === 'ref/resource') return uriTarget(ref['uri'], ['params', 'ref', 'uri'])
  const found = await resolved(textOf(ref['name']), 'prompts/list', composed, ports)
  if (isRefusal(found)) return found
  return { ...found, changes: [{ path: ['params', 'ref', 'name'], value: found.name }] }
}

function taskTarget(composed: Composed, { seal }: CompositionPorts): Target | Refusal {
  const { taskId } = composed.message.params
  const opened = typeof taskId === 'string' ? seal.open('task', taskId, callerOf(composed)) : null
  if (opened === null) return UNKNOWN
  const { connection, value } = opened
  return { connection, name: value, changes: [{ path: ['params', 'taskId'], value }] }
}

type Resolved = { readonly connection: string; readonly name: string }

/** What a composed name stands for. A short one that this gateway has not listed lately is looked up where it can have come from. */
async function resolved(
  composedAs: string,
  method: string,
  composed: Composed,
  ports: CompositionPorts,
): Promise<Resolved | Refusal> {
  const parts = parted(composedAs)
  if (parts === null) return UNKNOWN
  if (parts.kind === 'plain') return { connection: parts.connection, name: parts.name }
  const known = ports.names.recall(callerOf(composed).tenantId, composedAs)
  if (known !== undefined && composedName(known.connection, known.name) === composedAs) return known
  const listing = LISTINGS.get(method)
  const members = composed.members.filter(({ connection }) => connection.startsWith(parts.connectionHead))
  if (listing === undefined || members.length === 0) return UNKNOWN
  const all = await allOf(
    listing,
    { each: MOST_LOOKED_THROUGH, all: Infinity },
    { ...composed, members },
    ports,
  )
  if (isRefusal(all)) return all
  const item = isPage(all) ? all.items.find((one) => one.composed === composedAs) : undefined
  return item === undefined ? UNKNOWN : { connection: item.connection, name: item.name }
}

const MOST_LOOKED_THROUGH = 5_000

const RELATED_TASK = 'io.modelcontextprotocol/related-task'

/** What an agent was given to bring back goes to the connection that it came from, or nowhere. */
function stateChanges(
  connection: string,
  composed: Composed,
  { seal }: CompositionPorts,
): readonly Change[] | Refusal {
  const changes: Change[] = []
  for (const { kind, path } of CARRIED) {
    const sealed = valueAt(composed.message.tree, path)
    if (typeof sealed !== 'string') continue
    const opened = seal.open(kind, sealed, callerOf(composed))
    if (opened === null || opened.connection !== connection) return UNKNOWN
    changes.push({ path, value: opened.value })
  }
  return changes
}

const CARRIED: readonly { readonly kind: 'task' | 'state'; readonly path: readonly string[] }[] = [
  { kind: 'state', path: ['params', 'requestState'] },
  { kind: 'task', path: ['params', '_meta', RELATED_TASK, 'taskId'] },
  { kind: 'task', path: ['result', '_meta', RELATED_TASK, 'taskId'] },
]

const valueAt = (tree: Json, path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((at, name) => (isObject(at) ? at[name] : undefined), tree)
