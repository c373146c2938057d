import type { Caller } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { classify } from '@writ/actions'
import type { Answer, Clock, Entry, Ledger, Received, Steps, Verified } from '@writ/enforcement'
import { checkHeaders, eraOf, namedBy, readMessage, rowOf } from '@writ/mcp'
import type { Message, MessageLimits } from '@writ/mcp'
import { answerOf, isPassedOn } from './answer-message.ts'
import type { Composed, CompositionPorts, Missing } from './composed.ts'
import type { SessionMember } from './seal.ts'

export type Composition = CompositionPorts & {
  readonly steps: Steps
  readonly ledger: Ledger
  readonly clock: Clock
  readonly requestLimits: MessageLimits
}

/**
 * The composed server of a tenant: all connections of a caller's access groups as one. It decides nothing: whatever reaches an upstream
 * goes through `mediate` like any message of that connection, and what ends here leaves a record as well.
 */
export async function compose(received: Received, composition: Composition): Promise<Answer> {
  const { steps, ledger, clock } = composition
  const entry: Entry = {
    channel: 'gateway',
    received,
    startedAtMicros: clock.monotonicMicros(),
    opened: false,
    closed: false,
  }
  const answer = await climb(entry, composition).catch((bug: unknown) => {
    steps.report(bug, entry)
    return new Refusal('internal')
  })
  // The one connection that it was for has recorded it.
  if (!isRefusal(answer) && answer.isPassedOn) return answer.answer
  if (isRefusal(answer)) entry.refusal = answer
  if (!isRefusal(answer) && answer.answer.kind === 'refusal') entry.refusal = answer.answer.refusal
  if (!isRefusal(answer) && answer.answer.kind === 'stream')
    return { ...answer.answer, frames: recorded(answer.answer.frames, entry, composition) }
  const unrecorded = await ledger.close(entry)
  if (unrecorded) return steps.refuse(unrecorded, entry)
  return isRefusal(answer) ? steps.refuse(answer, entry) : answer.answer
}

type Answered = { readonly answer: Answer; readonly isPassedOn: boolean }

async function climb(entry: Entry, composition: Composition): Promise<Answered | Refusal> {
  const verified = await composition.steps.verify(entry)
  if (isRefusal(verified)) return verified
  const message = messageIn(entry.received, composition.requestLimits)
  if (isRefusal(message)) return message
  entry.message = message
  const fault = headersFault(message, entry.received)
  if (fault) return fault
  const row = rowOf(message)
  if (!row || row.from === 'server') return new Refusal('method_unknown')
  entry.action = classify({
    method: message.method ?? 'response',
    named: namedBy(message, row),
    connectionName: ITSELF,
    toolClasses: OWN_TOOLS,
    args: {},
  })
  const composed = composedOf(message, verified, composition)
  if (isRefusal(composed)) return composed
  const answer = await answerOf(composed, composition)
  return isRefusal(answer) ? answer : { answer, isPassedOn: isPassedOn(composed) }
}

/** What stands for the connection in the record of a message that no one connection was for. No connection is called so. */
const ITSELF = ''
const OWN_TOOLS = { search_tools: 'read.private' } as const

function messageIn(received: Received, limits: MessageLimits): Message | Refusal {
  if (received.verb !== 'POST') {
    const method = received.verb === 'GET' ? 'http/get' : 'http/delete'
    return { kind: 'notification', id: null, method, params: {}, tree: {} }
  }
  return readMessage(received.body, limits)
}

const headersFault = (message: Message, { verb, headers }: Received): Refusal | null =>
  verb === 'POST' ? checkHeaders(message, (name) => headers.get(name) ?? []) : null

function composedOf(
  message: Message,
  verified: Verified,
  { seal, settings }: Composition,
): Composed | Refusal {
  const { received, caller } = verified
  const era = eraOf(message)
  const given = givenTo(verified)
  const rest = {
    late: once(() => AbortSignal.timeout(settings.patienceMs)),
    verified,
    message,
    era,
    text: Buffer.from(received.body.buffer, received.body.byteOffset, received.body.length).toString('utf8'),
  }
  const [sealed, ...others] = received.headers.get('mcp-session-id') ?? []
  if (era === '2025' && message.method !== 'initialize' && sealed !== undefined) {
    const members = others.length > 0 ? null : seal.openSession(sealed, caller)
    if (members === null) return new Refusal('session_unknown')
    return { ...rest, members: members.filter(({ connection }) => given.includes(connection)), missing: [] }
  }
  const reached = given.slice(0, settings.connections)
  return {
    ...rest,
    members: reached.map(withoutSession),
    missing: given.slice(reached.length).map(isTooMany),
  }
}

function once(make: () => AbortSignal): () => AbortSignal {
  let made: AbortSignal | null = null
  return () => (made ??= make())
}

const withoutSession = (connection: string): SessionMember => ({ connection, version: '', sessionId: null })
const isTooMany = (connection: string): Missing => ({ connection, reason: 'too_many_connections' })

/** The connections of the agent's groups that its token names, in the order of their names. */
const givenTo = ({ current, caller }: Verified): readonly string[] =>
  [...current.connections.values()]
    .filter(({ groups }) => caller.agent.groups.some((group) => groups.includes(group)))
    .map(({ name }) => name)
    .filter((name) => isNamedBy(caller, name))
    .toSorted()

const isNamedBy = ({ authorizations }: Caller, name: string): boolean =>
  authorizations === null ||
  authorizations.some(({ connections }) => connections === undefined || connections.includes(name))

/** The record of a stream closes with it. */
async function* recorded(
  frames: AsyncIterable<Uint8Array>,
  entry: Entry,
  { ledger, steps }: Composition,
): AsyncGenerator<Uint8Array> {
  try {
    yield* frames
  } catch (bug) {
    steps.report(bug, entry)
    entry.refusal ??= new Refusal('internal')
  } finally {
    // Cut off for a reason, which the record tells.
    const cutBy: unknown = entry.received.hangUp.reason
    if (isRefusal(cutBy)) entry.refusal ??= cutBy
    await ledger.close(entry)
  }
}
