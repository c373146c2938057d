import type { ServerResponse } from 'node:http'
import type { DecisionId, Refusal } from '@writ/contracts'
import { REFUSALS } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'
import { challengeOf } from '@writ/identity'
import { errorAnswer } from '@writ/mcp'
import { RECEIPT_HEADER } from '../receipts.ts'
import { sourceOf } from './admission.ts'
import { cutSlowReader } from './slow-readers.ts'
import { waitingAnswers } from './waiting-answers.ts'

type Fields = readonly (readonly [string, string])[]
type StreamAnswer = Extract<Answer, { kind: 'stream' }>
type RefusedAnswer = Extract<Answer, { kind: 'refusal' }>

/** What every answer carries, whatever it says. */
export type AnswerFrame = {
  readonly decisionId: DecisionId
  /** URL of the protected-resource metadata that a challenge points at; null where the route has none */
  readonly resourceMetadata: string | null
  /** a client that takes nothing for so long is cut off */
  readonly slowReaderMs: number
  /** true while the gateway stops: the client should come back on another connection */
  readonly isLast: boolean
  /** where the record of the message stands; null where nobody asked */
  readonly receipt: string | null
}

/** Writes one answer. Ends when it is handed over whole, or when nobody is there to take it: a stream later, of which the promise tells. */
export function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  frame: AnswerFrame,
): Promise<void> | undefined {
  if (answer.kind === 'stream') return sendStream(response, answer, frame)
  if (answer.kind === 'refusal') sendRefusal(response, answer, frame)
  else sendWhole(response, answer, frame)
  return undefined
}

/** A "no" from the rim, where no message was read yet. */
export const refusalAnswer = (refusal: Refusal, decisionId: DecisionId): RefusedAnswer => ({
  kind: 'refusal',
  refusal,
  id: null,
  data: { reason: refusal.detail, decisionId },
  rule: null,
  nonce: null,
  retryAfterSeconds: null,
})

function sendRefusal(response: ServerResponse, answer: RefusedAnswer, frame: AnswerFrame): void {
  const { refusal, id, data } = answer
  const body = errorAnswer(id, refusal, data)
  const headers: Fields = [
    ['content-type', 'application/json'],
    ...challengeFields(answer, frame),
    ...extraFields(answer),
  ]
  sendWhole(response, { status: REFUSALS[refusal.code].http, headers, body }, frame)
}

function challengeFields({ refusal, nonce }: RefusedAnswer, { resourceMetadata }: AnswerFrame): Fields {
  const fields: [string, string][] = []
  if (nonce !== null) fields.push(['dpop-nonce', nonce])
  if (isChallenged(refusal))
    fields.push([
      'www-authenticate',
      challengeOf(refusal, resourceMetadata === null ? {} : { resourceMetadata }),
    ])
  return fields
}

const isChallenged = ({ code }: Refusal): boolean =>
  REFUSALS[code].http === 401 || code === 'authorization_ambiguous' || code === 'scope_insufficient'

function extraFields({ refusal: { code }, retryAfterSeconds }: RefusedAnswer): Fields {
  if (code === 'method_not_allowed') return [['allow', 'POST, GET, DELETE']]
  if (retryAfterSeconds !== null) return [['retry-after', String(retryAfterSeconds)]]
  return REFUSALS[code].http === 503 ? [['retry-after', '1']] : []
}

type Whole = { readonly status: number; readonly headers: Fields; readonly body: Uint8Array }

function sendWhole(response: ServerResponse, { status, headers, body }: Whole, frame: AnswerFrame): void {
  const fields = framed(headers, frame)
  if (!LENGTHLESS.has(status)) fields.push('content-length', String(body.length))
  response.writeHead(status, fields)
  if (body.length <= PIECE_BYTES) response.end(body)
  else void sendPieces(response, body, frame.slowReaderMs)
}

/** Of these a length is not said, or is that of what is not sent (RFC 9110 §8.6). */
const LENGTHLESS: ReadonlySet<number> = new Set([204, 304])

/** So much fits into the buffers of the system, on its way to a client that reads at all. */
const PIECE_BYTES = 64 * 1024

/** In one piece nobody could tell a client that takes some of it, however little, from one that takes none. */
async function sendPieces(response: ServerResponse, body: Uint8Array, limitMs: number): Promise<void> {
  const source = sourceOf(response.socket?.remoteAddress ?? '')
  const leave = waitingAnswers.add(source, body.length, () => cutSlowReader(response))
  try {
    for (let at = 0; at < body.length; at += PIECE_BYTES) {
      if (response.destroyed) return
      const isTaken = response.write(body.subarray(at, at + PIECE_BYTES))
      if (!isTaken && !(await drained(response, limitMs))) return
    }
    response.end()
  } finally {
    leave()
  }
}

async function sendStream(response: ServerResponse, answer: StreamAnswer, frame: AnswerFrame): Promise<void> {
  const fields = framed(answer.headers, frame)
  fields.push('x-accel-buffering', 'no')
  response.writeHead(answer.status, fields)
  response.flushHeaders()
  // Leaving the loop early ends the frames, and with them the upstream's answer and the record.
  for await (const bytes of answer.frames) {
    if (response.destroyed) return
    if (!response.write(bytes) && !(await drained(response, frame.slowReaderMs))) return
  }
  response.end()
}

/** At most one event, or one piece, waits for a client: nothing more is read from the upstream until it was taken. */
function drained(response: ServerResponse, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isDrained: boolean) => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      response.off('close', onClose)
      resolve(isDrained)
    }
    const onDrain = () => settle(true)
    const onClose = () => settle(false)
    const timer = setTimeout(() => cutSlowReader(response), limitMs)
    response.once('drain', onDrain)
    response.once('close', onClose)
    if (response.destroyed) onClose()
  })
}

/** Names and values in turn, as Node takes them without a look at each. */
function framed(fields: Fields, { decisionId, isLast, receipt }: AnswerFrame): string[] {
  const flat: string[] = []
  for (const [name, value] of fields) flat.push(name, value)
  flat.push('writ-decision-id', decisionId, 'cache-control', 'no-store', 'x-content-type-options', 'nosniff')
  if (receipt !== null) flat.push(RECEIPT_HEADER, receipt)
  if (isLast) flat.push('connection', 'close')
  return flat
}
