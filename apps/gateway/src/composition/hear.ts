import type { Json, JsonObject } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'
import type { Composed, CompositionPorts, Missing } from './composed.ts'
import { receivedOf } from './composed.ts'
import { messageTextIn, plainPieces } from './events.ts'
import type { Part } from './part.ts'
import { send } from './part.ts'
import type { SessionMember } from './seal.ts'

/** What one connection answered to its part of a message. */
export type Heard = { readonly member: SessionMember; readonly status: number } & (
  | {
      readonly kind: 'result'
      /** the message as it was judged */
      readonly text: string
      readonly result: JsonObject
      /** the upstream's session, sealed; null where it gave none */
      readonly sessionId: string | null
    }
  | { readonly kind: 'error'; readonly code: number | null; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** it took a message that nobody answers */
  | { readonly kind: 'taken' }
)

export type HeardResult = Extract<Heard, { kind: 'result' }>

/** Of all answers to one message together, errors too: the largest are not kept while others are waited for. */
const MOST_BYTES = 8 * 1024 * 1024

/** Sends a part to each connection, all at once, and hears the answers in the same order. Whoever has not answered in time is not waited for. */
export async function hearAll(
  parts: readonly Part[],
  composed: Composed,
  ports: CompositionPorts,
): Promise<readonly Heard[]> {
  const end = composed.late()
  const kept = new Map<Part, Heard>()
  await Promise.all(
    parts.map(async (part) => {
      kept.set(part, await heard(part.member, await send({ ...part, end }, composed, ports), composed))
      makeRoom(kept)
    }),
  )
  return parts.flatMap((part) => kept.get(part) ?? [])
}

/** Whoever says the most is left out, not whoever comes late: none takes the room of another. */
function makeRoom(kept: Map<Part, Heard>): void {
  let left = [...kept.values()].reduce((sum, answer) => sum + sizeOf(answer), 0)
  const largestFirst = [...kept].toSorted(([, one], [, other]) => sizeOf(other) - sizeOf(one))
  for (const [part, answer] of largestFirst) {
    if (left <= MOST_BYTES) return
    left -= sizeOf(answer)
    kept.set(part, tooMuch(answer))
  }
}

function sizeOf(answer: Heard): number {
  if (answer.kind === 'result') return answer.text.length
  return answer.kind === 'error' && answer.answer.kind === 'whole' ? answer.answer.body.length : 0
}

export const tooMuch = ({ member, status }: Heard): Heard => ({
  member,
  status,
  kind: 'refused',
  refusal: new Refusal('upstream_too_large'),
})

/** The same part for every connection. */
export const toEach = (composed: Composed, part: Omit<Part, 'member'>): readonly Part[] =>
  composed.members.map((member) => ({ member, ...part }))

async function heard(member: SessionMember, answer: Answer, { message: asked }: Composed): Promise<Heard> {
  if (answer.kind === 'refusal') return { member, status: 0, kind: 'refused', refusal: answer.refusal }
  const { status } = answer
  const text = answer.kind === 'whole' ? textOf(answer.body) : await answerIn(answer.frames)
  // A server that begins to answer and does not end has not answered.
  if (text === '' && status < 300 && asked.kind !== 'request') return { member, status, kind: 'taken' }
  const message = objectIn(text)
  const result = message?.['result']
  if (isObject(result) && status < 300)
    return { member, status, kind: 'result', text, result, sessionId: sessionIn(answer) }
  return errorOf(member, answer.kind === 'whole' ? answer : wholeOf(answer, text), message)
}

function errorOf(member: SessionMember, answer: Answer, message: JsonObject | null): Heard {
  const error = message?.['error']
  const code = isObject(error) && typeof error['code'] === 'number' ? error['code'] : null
  return { member, status: 'status' in answer ? answer.status : 0, kind: 'error', code, answer }
}

const wholeOf = ({ status }: { readonly status: number }, text: string): Answer => ({
  kind: 'whole',
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(text),
})

/** The message that ends a stream. What its server says before it has no place in an answer that is made of several. */
async function answerIn(frames: AsyncIterable<Uint8Array>): Promise<string> {
  for await (const frame of plainPieces(frames)) {
    const data = messageTextIn(frame)
    if (data !== null && objectIn(data)?.['method'] === undefined) return data
  }
  return ''
}

const sessionIn = (answer: Answer): string | null =>
  'headers' in answer ? (answer.headers.find(([name]) => name === 'mcp-session-id')?.[1] ?? null) : null

const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')

function objectIn(text: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const METHOD_NOT_FOUND = -32_601

/** Its server has nothing of the kind: there is nothing to miss. */
export const hasNone = (answer: Heard): boolean => answer.kind === 'error' && answer.code === METHOD_NOT_FOUND

/** The session at the upstream is over: the agent has to begin anew, and then everything is there again. */
export const hasLostSession = (answer: Heard, composed: Composed): boolean =>
  composed.era === '2025' &&
  answer.member.sessionId !== null &&
  (answer.kind === 'refused' ? answer.refusal.code === 'session_unknown' : isGone(answer))

const isGone = (answer: Heard): boolean =>
  answer.kind === 'error' && answer.status === 404 && answer.code !== METHOD_NOT_FOUND

/** Connections that an answer does without, and why. */
export function missingIn(answers: readonly Heard[], composed: Composed): readonly Missing[] {
  const silent = answers.flatMap((answer) => {
    const reason = reasonOf(answer)
    return reason === null ? [] : [{ connection: answer.member.connection, reason }]
  })
  return [...composed.missing, ...silent].toSorted((left, right) =>
    left.connection < right.connection ? -1 : 1,
  )
}

function reasonOf(answer: Heard): string | null {
  if (answer.kind === 'refused') return answer.refusal.code
  return answer.kind === 'error' && !hasNone(answer) ? 'upstream_error' : null
}

/** Why nothing at all can be answered: every connection that was asked failed. Null where one did not. */
export function nothingBut(answers: readonly Heard[]): Extract<Heard, { kind: 'refused' | 'error' }> | null {
  const failed = answers.filter((answer) => reasonOf(answer) !== null)
  const [first] = failed
  if (failed.length < answers.length || first === undefined) return null
  return first.kind === 'refused' || first.kind === 'error' ? first : null
}

export const idOf = (composed: Composed): string | number | null => composed.message.id

/** An answer of the composed server's own. */
export function ownAnswer(
  composed: Composed,
  result: string,
  extra: readonly (readonly [string, string])[] = [],
): Answer {
  const body = `{"jsonrpc":"2.0","id":${JSON.stringify(composed.message.id)},"result":${result}}`
  return {
    kind: 'whole',
    status: 200,
    headers: [['content-type', 'application/json'], ...extra],
    body: Buffer.from(body),
  }
}

/** What every result says in its era. */
export const envelopeOf = (composed: Composed, missing: readonly Missing[]): JsonObject => ({
  ...(composed.era === '2026' ? { resultType: 'complete' } : {}),
  ...(missing.length > 0 ? { _meta: { 'writ/unavailable': missing.map((one) => ({ ...one })) } } : {}),
})

export const decisionOf = (composed: Composed) => receivedOf(composed).decisionId
