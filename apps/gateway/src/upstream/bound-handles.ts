import type { Json, JsonObject } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Allowed, StreamEvent, UpstreamAnswer, UpstreamClient } from '@writ/enforcement'
import { eventOf, readStrictJson } from '@writ/mcp'
import type { HandleOwner, HandleSeal } from './handle-seal.ts'
import type { Place } from './json-strings.ts'
import { rewriteStrings } from './json-strings.ts'

/**
 * Binds what upstreams give out to the principal they gave it to: ids of tasks, the state of requests that take several rounds, and
 * listings, which nobody may keep for others. Agents only ever see them sealed, and upstreams only as they made them. Everything between, policy and record too,
 * sees what the agent sees.
 */
export function bindHandles(upstream: UpstreamClient, seal: HandleSeal): UpstreamClient {
  return {
    forward: async (allowed, lease) => {
      const owner = ownerOf(allowed)
      const opened = withOpened(allowed, owner, seal)
      if (isRefusal(opened)) return opened
      const answer = await upstream.forward(opened, lease)
      return isRefusal(answer) ? answer : withSealed(answer, { owner, seal, isListing: isListing(allowed) })
    },
  }
}

type Binding = { readonly owner: HandleOwner; readonly seal: HandleSeal; readonly isListing: boolean }

/** What is listed here is not the same for everybody. */
const isListing = ({ message: { method } }: Allowed): boolean => method?.endsWith('/list') === true

const ownerOf = ({ caller, connection }: Allowed): HandleOwner => ({
  tenant: caller.tenantId,
  connection: connection.id,
  agent: caller.agent.id,
  human: caller.human.id,
})

const RELATED = ['_meta', 'io.modelcontextprotocol/related-task', 'taskId'] as const
const LISTENED = ['params', 'notifications', 'taskIds', '*'] as const

function withOpened(allowed: Allowed, owner: HandleOwner, seal: HandleSeal): Allowed | Refusal {
  if (!holdsHandle(allowed)) return allowed
  const { outgoing } = allowed
  const { requestState = '' } = allowed.message.params
  if (typeof requestState !== 'string') return new Refusal('state_unknown')
  const opening = createOpening(owner, seal)
  const text = Buffer.from(outgoing.buffer, outgoing.byteOffset, outgoing.length).toString('utf8')
  const written = writeAll(text, [
    [[['params', 'requestState']], opening.state],
    [isOfTask(allowed) ? [['params', 'taskId'], LISTENED] : [LISTENED], opening.task],
    [
      [
        ['params', ...RELATED],
        ['result', ...RELATED],
      ],
      opening.related,
    ],
  ])
  const refusal = opening.refusal()
  if (refusal) return refusal
  return written === text ? allowed : { ...named(allowed, opening.task), outgoing: Buffer.from(written) }
}

/** As it was read: an escape in the name of a member hides nothing. */
function holdsHandle(allowed: Allowed): boolean {
  const { params, result } = allowed.message
  const { requestState, notifications } = params
  return (
    isOfTask(allowed) ||
    requestState !== undefined ||
    (isObject(notifications) && notifications['taskIds'] !== undefined) ||
    isRelated(params) ||
    (isObject(result) && isRelated(result))
  )
}

const isRelated = ({ _meta: meta }: JsonObject): boolean => isObject(meta) && meta[RELATED[1]] !== undefined

const isOfTask = ({ message, row }: Allowed): boolean => message.kind === 'request' && row.named === 'taskId'

/** Opens one handle after the other, and knows whether one of them was not this principal's. */
function createOpening(owner: HandleOwner, seal: HandleSeal) {
  let refusal: Refusal | null = null
  const opened = (kind: 'task' | 'state', value: string, strange: (value: string) => string): string => {
    const found = seal.open(kind, value, owner)
    if (found.of === 'owner') return found.value
    if (found.of === 'another') refusal = new Refusal(kind === 'task' ? 'task_unknown' : 'state_unknown')
    return strange(value)
  }
  return {
    refusal: (): Refusal | null => refusal,
    state: (value: string) =>
      opened('state', value, () => {
        refusal = new Refusal('state_unknown')
        return ''
      }),
    // The upstream says in its own words that it has no such task.
    task: (value: string) => opened('task', value, () => seal.strange(value, owner)),
    // Agents have tasks of their own, and speak of them too.
    related: (value: string) => opened('task', value, () => value),
  }
}

/** `Mcp-Name` repeats the id of a task. */
function named(allowed: Allowed, open: (value: string) => string): Allowed {
  const { message, received } = allowed
  const { taskId } = message.params
  if (!isOfTask(allowed) || typeof taskId !== 'string') return allowed
  const raw = open(taskId)
  const headers = new Map(received.headers)
  if (headers.has('mcp-name')) headers.set('mcp-name', [asField(raw)])
  return {
    ...allowed,
    message: { ...message, params: { ...message.params, taskId: raw } },
    received: { ...received, headers },
  }
}

/** As it is where a header can carry it, else in base64 (SEP-2243). */
const asField = (text: string): string =>
  /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith('=?')
    ? text
    : `=?base64?${Buffer.from(text).toString('base64')}?=`

/** Without these words an answer holds no handle. One with an escape in them stays as it is, and then nobody can use what it holds. */
const mayHold = (text: string | Buffer, { isListing: isListed }: Binding): boolean =>
  holds(text, TASK) || holds(text, STATE) || (isListed && holds(text, SCOPE))

/** Of each word a part that begins with a rare letter: texts are searched for that many times as fast. */
type Word = readonly [part: string, word: string]

const TASK: Word = ['kId', 'taskId']
const STATE: Word = ['State', 'requestState']
const SCOPE: Word = ['Scope', 'cacheScope']

const holds = (text: string | Buffer, [part, word]: Word): boolean =>
  text.includes(part) && text.includes(word)

function withSealed(answer: UpstreamAnswer, binding: Binding): UpstreamAnswer {
  if (answer.kind === 'stream') return { ...answer, events: sealedEvents(answer.events, binding) }
  const { body } = answer
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  if (!mayHold(bytes, binding)) return answer
  const written = sealedText(bytes, binding)
  return written === null ? answer : { ...answer, body: Buffer.from(written) }
}

async function* sealedEvents(
  events: AsyncIterable<StreamEvent>,
  binding: Binding,
): AsyncGenerator<StreamEvent> {
  for await (const event of events) {
    const { data } = event
    const written = data !== null && mayHold(data, binding) ? sealedText(Buffer.from(data), binding) : null
    if (written === null) yield event
    else yield { bytes: eventOf(Buffer.from(written), event.bytes), data: written }
  }
}

/**
 * The message with its handles sealed; null where it holds none. What is no message stays as it is: whoever judges it will say so. That goes
 * for one that holds more than a message may as well: to walk through all of it would take the time of everybody else.
 */
function sealedText(bytes: Buffer, { owner, seal, isListing: isListed }: Binding): string | null {
  const read = readStrictJson(bytes, { maxBytes: bytes.length, maxDepth: MOST_DEPTH })
  if (isRefusal(read) || !isObject(read.tree)) return null
  const text = bytes.toString('utf8')
  const written = writeAll(text, [
    [[['result', 'requestState']], (value) => seal.seal('state', value, owner)],
    [tasksIn(read.tree), (value) => seal.seal('task', value, owner)],
    [isListed ? [['result', 'cacheScope']] : [], () => 'private'],
  ])
  return written === text ? null : written
}

/** Deeper than any message that passes. */
const MOST_DEPTH = 200

/** Where a message of an upstream speaks of tasks of the upstream. It asks about tasks of the agent too: those ids are the agent's own. */
function tasksIn({ method, result }: JsonObject): readonly Place[] {
  if (typeof method === 'string') return method.startsWith('tasks/') ? [] : told(method)
  if (!isObject(result)) return []
  const { task, tasks } = result
  return [
    ['result', ...RELATED],
    ...(isTaskItself(result) ? [['result', 'taskId']] : []),
    ...(isTask(task) ? [['result', 'task', 'taskId']] : []),
    ...(Array.isArray(tasks) && tasks.every(isTask) ? [['result', 'tasks', '*', 'taskId']] : []),
  ]
}

const told = (method: string): readonly Place[] => [
  ['params', ...RELATED],
  LISTENED,
  ...(method.startsWith('notifications/tasks') ? [['params', 'taskId']] : []),
]

/** Where nothing but a task can be: in 2025-11-25. */
const isTask = (content: Json | undefined): boolean =>
  isObject(content) && ['taskId', 'status'].every((name) => typeof content[name] === 'string')

/** Where a tool could say anything: a result that says that it is a task (SEP-2663), or has the times of one. */
const isTaskItself = (result: JsonObject): boolean =>
  isTask(result) && (result['resultType'] === 'task' || typeof result['createdAt'] === 'string')

const isObject = (content: Json | undefined): content is JsonObject =>
  typeof content === 'object' && content !== null && !Array.isArray(content)

type Writing = readonly [places: readonly Place[], write: (value: string) => string]

const writeAll = (text: string, writings: readonly Writing[]): string =>
  writings
    .filter(([places]) => places.length > 0)
    .reduce((written, [places, write]) => rewriteStrings(written, places, write) ?? written, text)
