import type { Json } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'
import { edited, eventOf, spanAt, spansOf, valueIn } from '@writ/mcp'
import type { Composed, CompositionPorts, Missing } from './composed.ts'
import { callerOf, receivedOf } from './composed.ts'
import { endedPieces, messageTextIn, plainPieces, rewritten, withoutRetry } from './events.ts'
import { isObject } from './hear.ts'
import type { Source } from './merge.ts'
import { merged } from './merge.ts'
import { partedEventId, partedUri } from './names.ts'
import type { Part } from './part.ts'
import { send } from './part.ts'
import { ownId } from './request-ids.ts'
import { toAgent } from './rewrite.ts'
import type { SessionMember } from './seal.ts'
import { writingFor } from './writing-for.ts'

type Opened = { readonly member: SessionMember; readonly stop: () => void; readonly answer: Answer }
type Open = Opened & { readonly answer: Extract<Answer, { kind: 'stream' }> }

const EVENT_STREAM = [['content-type', 'text/event-stream']] as const

/**
 * GET of the 2025 era: what all servers say of their own, as one stream. An event id says which of them an agent takes up again; the others
 * are begun anew, which a server refuses where its stream is open still.
 */
export async function listenOn2025(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  const [sent] = receivedOf(composed).headers.get('last-event-id') ?? []
  const resumed = sent === undefined ? null : partedEventId(sent)
  if (sent !== undefined && resumed === null)
    return new Refusal('name_unknown', 'no stream ended with this event')
  const parts = composed.members.map((member) => ({
    member,
    body: '',
    ...(resumed?.connection === member.connection ? { lastEventId: resumed.eventId } : {}),
  }))
  const opened = await openAll(parts, composed, ports)
  const streams = opened.filter(isOpen)
  if (streams.length > 0)
    return streamOf(
      streams.map((open) => {
        const { connection } = open.member
        const isResumed = connection === resumed?.connection
        return withAnswers(sourceOf(open, composed, ports), (id) =>
          isResumed ? ownId(connection, id, composed, ports) : null,
        )
      }),
    )
  for (const { stop } of opened) stop()
  const [first] = opened
  if (opened.some(({ answer }) => statusOf(answer) === 404)) return new Refusal('session_unknown')
  return first?.answer.kind === 'refusal' ? first.answer.refusal : new Refusal('method_not_allowed')
}

/**
 * Answers come where they were asked for, or on the stream of their own server that is taken up again, under the id that the request had
 * there. Any other would be taken for that of another connection.
 */
function withAnswers({ frames, stop }: Source, ownIdOf: (id: Json | undefined) => string | null): Source {
  async function* own() {
    for await (const frame of frames) {
      if (!isAnswer(frame)) {
        yield frame
        continue
      }
      const text = messageTextIn(frame) ?? ''
      const at = spanAt(spansOf(text), 'id')
      const id = at === undefined ? null : ownIdOf(valueIn(text, at))
      if (at && id !== null) yield eventOf(Buffer.from(edited(text, [{ at, text: id }])), frame)
    }
  }
  return { frames: own(), stop }
}

const statusOf = (answer: Answer): number =>
  answer.kind === 'refusal' ? (answer.refusal.code === 'session_unknown' ? 404 : 0) : answer.status

const isOpen = (opened: Opened): opened is Open =>
  opened.answer.kind === 'stream' && opened.answer.status < 300

/** Opens a stream at each connection. Whoever has not begun in time is left out. */
async function openAll(
  parts: readonly Part[],
  composed: Composed,
  ports: CompositionPorts,
): Promise<readonly Opened[]> {
  return Promise.all(
    parts.map(async (part) => {
      const end = new AbortController()
      const late = setTimeout(() => end.abort(), ports.settings.patienceMs)
      const answer = await send({ ...part, end: end.signal }, composed, ports)
      clearTimeout(late)
      return { member: part.member, stop: () => end.abort(), answer }
    }),
  )
}

const streamOf = (sources: readonly Source[], first: readonly Uint8Array[] = []): Answer => ({
  kind: 'stream',
  status: 200,
  headers: EVENT_STREAM,
  frames: begunWith(first, merged(sources)),
})

async function* begunWith(first: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array>) {
  try {
    yield* first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

function sourceOf({ member, answer, stop }: Open, composed: Composed, ports: CompositionPorts): Source {
  const { connection } = member
  const writing = writingFor(connection, composed, ports)
  async function* frames() {
    for await (const frame of plainPieces(answer.frames))
      yield withoutRetry(rewritten(frame, connection, (data) => toAgent(data, writing)))
  }
  return { frames: endedPieces(frames()), stop }
}

/** `subscriptions/listen` of the 2026 era: one stream of what all servers tell, which begins with what they agreed to tell. */
export async function listenOn2026(composed: Composed, ports: CompositionPorts): Promise<Answer | Refusal> {
  const parts = composed.members.flatMap((member) => subscriptionAt(member, composed, ports))
  const opened = await openAll(parts, composed, ports)
  const streams = opened.filter(isOpen)
  const [first] = opened
  if (streams.length === 0) return refusedBy(first)
  const sources = untilTheLast(streams.map((open) => sourceOf(open, composed, ports)))
  const begun = await Promise.all(sources.map((source) => acknowledgedBy(source, ports.settings.patienceMs)))
  const missing = opened
    .filter((one) => !isOpen(one))
    .map(({ member, answer }) => ({
      connection: member.connection,
      reason: answer.kind === 'refusal' ? answer.refusal.code : 'upstream_error',
    }))
  const acknowledged = acknowledgement(begun, [...composed.missing, ...missing], composed)
  return streamOf(
    begun.map(({ source }) => source),
    [Buffer.from(`event: message\ndata: ${JSON.stringify(acknowledged)}\n\n`)],
  )
}

function refusedBy(first: Opened | undefined): Answer | Refusal {
  if (first === undefined) return new Refusal('name_unknown', 'there is nothing here to subscribe to')
  return first.answer.kind === 'refusal' ? first.answer.refusal : first.answer
}

/** What of a subscription concerns one connection: everything but the resources and tasks of the others. */
function subscriptionAt(
  member: SessionMember,
  composed: Composed,
  { seal }: CompositionPorts,
): readonly Part[] {
  const { notifications, ...params } = composed.message.params
  const { resourceSubscriptions, taskIds, ...kinds } = isObject(notifications) ? notifications : {}
  const uris = namedIn(resourceSubscriptions).flatMap((named) => {
    const at = partedUri(named)
    return at?.connection === member.connection ? [at.uri] : []
  })
  const tasks = namedIn(taskIds).flatMap((named) => {
    const at = seal.open('task', named, callerOf(composed))
    return at?.connection === member.connection ? [at.value] : []
  })
  const concerned = {
    ...kinds,
    ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}),
    ...(tasks.length > 0 ? { taskIds: tasks } : {}),
  }
  if (Object.keys(concerned).length === 0) return []
  const message = { ...composed.message.tree, params: { ...params, notifications: concerned } }
  return [{ member, body: JSON.stringify(message) }]
}

const namedIn = (list: Json | undefined): readonly string[] =>
  Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []

type Begun = { readonly source: Source; readonly agreed: Json | undefined }

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'

/** The answer to a subscription says that it is over: of several, that of the last one. */
function untilTheLast(sources: readonly Source[]): readonly Source[] {
  let open = sources.length
  async function* goingOn(frames: AsyncIterable<Uint8Array>) {
    try {
      for await (const frame of frames) if (open === 1 || !isAnswer(frame)) yield frame
    } finally {
      open -= 1
    }
  }
  return sources.map(({ frames, stop }) => ({ frames: goingOn(frames), stop }))
}

function isAnswer(frame: Uint8Array): boolean {
  const data = messageTextIn(frame)
  const message: Json = data === null ? null : JSON.parse(data)
  return isObject(message) && message['method'] === undefined
}

/** Reads a stream as far as its acknowledgement; what came before it is told after ours. One that never acknowledges is ended. */
async function acknowledgedBy(source: Source, patienceMs: number): Promise<Begun> {
  const late = setTimeout(source.stop, patienceMs)
  const iterator = source.frames[Symbol.asyncIterator]()
  const before: Uint8Array[] = []
  let agreed: Json | undefined
  while (agreed === undefined && before.length < MOST_BEFORE) {
    const step = await iterator.next()
    if (step.done === true) break
    agreed = agreedIn(step.value)
    if (agreed === undefined) before.push(step.value)
  }
  clearTimeout(late)
  return { source: { ...source, frames: after(before, iterator) }, agreed }
}

/** A server acknowledges first; one that does not is read on from where it is. */
const MOST_BEFORE = 16

function agreedIn(frame: Uint8Array): Json | undefined {
  const data = messageTextIn(frame)
  const message: Json = data === null ? null : JSON.parse(data)
  if (!isObject(message) || message['method'] !== ACKNOWLEDGED) return undefined
  return isObject(message['params']) ? (message['params']['notifications'] ?? {}) : {}
}

async function* after(before: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>) {
  try {
    yield* before
    for (let step = await rest.next(); step.done !== true; step = await rest.next()) yield step.value
  } finally {
    await rest.return?.()
  }
}

function acknowledgement(begun: readonly Begun[], missing: readonly Missing[], { message }: Composed) {
  const agreed = begun.map((one) => one.agreed).filter(isObject)
  const lists = LISTS.map((name) => [name, agreed.flatMap((one) => namedIn(one[name]))] as const)
  const kinds = ['toolsListChanged', 'promptsListChanged', 'resourcesListChanged'].filter((kind) =>
    agreed.some((one) => one[kind] === true),
  )
  return {
    jsonrpc: '2.0',
    method: ACKNOWLEDGED,
    params: {
      _meta: {
        'io.modelcontextprotocol/subscriptionId': message.id,
        ...(missing.length > 0 ? { 'writ/unavailable': missing } : {}),
      },
      notifications: {
        ...Object.fromEntries(kinds.map((kind) => [kind, true])),
        ...Object.fromEntries(lists.filter(([, named]) => named.length > 0)),
      },
    },
  }
}

const LISTS = ['resourceSubscriptions', 'taskIds'] as const
