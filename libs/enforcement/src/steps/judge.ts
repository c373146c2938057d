import { createHash } from 'node:crypto'
import type { Decision, Json } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Scrubber } from '../ports.ts'
import type { Message, MessageLimits } from '@writ/mcp'
import {
  contentOf,
  errorAnswer,
  eventOf,
  PROTECTED_POINTERS,
  readMessage,
  StreamRefused,
  withContent,
} from '@writ/mcp'
import { decide, strictest } from '@writ/policy'
import type { Allowed, Entry, Frame, Judged, Lease, StreamEvent, UpstreamAnswer } from '../stages.ts'
import { questionOf } from './question.ts'
import { refusalData } from './refuse.ts'

export type JudgePorts = {
  readonly limits: MessageLimits
  /** masks the lent credential wherever an upstream echoes it */
  readonly scrubberOf: (lease: Lease) => Scrubber
}

/** Decides on the answer, message by message, also inside event streams. */
export function judge(
  answer: UpstreamAnswer,
  allowed: Allowed,
  entry: Entry,
  ports: JudgePorts,
): Judged | Refusal {
  const bench: Bench = {
    allowed,
    entry,
    limits: ports.limits,
    scrubber: ports.scrubberOf(entry.lease ?? { kind: 'none' }),
  }
  const headers = answer.headers.map(([name, value]) => [name, bench.scrubber.text(value)] as const)
  if (answer.kind === 'stream') {
    return {
      kind: 'stream',
      status: answer.status,
      headers,
      frames: judgedFrames(answer.events, answer.status, bench),
    }
  }
  entry.response = { status: answer.status, sha256: sha256(answer.body), sizeBytes: answer.body.length }
  const body = answer.body.length === 0 ? answer.body : judgedBody(answer.body, answer.status, bench)
  return isRefusal(body) ? body : { kind: 'whole', status: answer.status, headers, body }
}

type Bench = {
  readonly allowed: Allowed
  readonly entry: Entry
  readonly limits: MessageLimits
  readonly scrubber: Scrubber
}

function judgedBody(body: Uint8Array, status: number, bench: Bench): Uint8Array | Refusal {
  const message = readMessage(body, bench.limits)
  if (!isRefusal(message)) return judgedMessage(message, body, bench)
  // Clients tell the protocol era of a server from the body of its 4xx, whatever its form.
  return status >= 400 ? judgedText(body, bench) : new Refusal('upstream_malformed')
}

function judgedMessage(message: Message, original: Uint8Array, bench: Bench): Uint8Array | Refusal {
  const content = contentOf(message)
  const scrubbed = bench.scrubber.tree(content)
  const decision = decisionOn(scrubbed, bench)
  if (decision.outcome !== 'allow') return new Refusal('response_denied')
  if (decision.content === content) return original
  const rewritten = withContent(message, decision.content)
  return isRefusal(rewritten) ? new Refusal('response_denied', rewritten.detail) : rewritten
}

function judgedText(body: Uint8Array, bench: Bench): Uint8Array | Refusal {
  const text = new TextDecoder().decode(body)
  const { outcome, content } = decisionOn(bench.scrubber.text(text), bench)
  if (outcome !== 'allow' || typeof content !== 'string') return new Refusal('response_denied')
  return content === text ? body : new TextEncoder().encode(content)
}

function decisionOn(content: Json, { allowed, entry }: Bench): Decision {
  const question = questionOf(allowed, 'inbound', content)
  const decision = decide(allowed.current.policies, question, { protectedPointers: PROTECTED_POINTERS })
  entry.inbound = strictest(entry.inbound, decision)
  return decision
}

async function* judgedFrames(
  events: AsyncIterable<StreamEvent>,
  status: number,
  bench: Bench,
): AsyncGenerator<Frame> {
  const digest = createHash('sha256')
  let sizeBytes = 0
  try {
    for await (const event of events) {
      digest.update(event.bytes)
      sizeBytes += event.bytes.length
      bench.entry.response = { status, sha256: digest.copy().digest('hex'), sizeBytes }
      const frame = judgedEvent(event, bench)
      // A comment, an id or an event name can echo the credential as well as the data can.
      yield { ...frame, bytes: bench.scrubber.bytes(frame.bytes) }
      if (frame.endsStream) return
    }
  } catch (error) {
    if (!(error instanceof StreamRefused)) throw error
    yield refusedEvent(error.refusal, NOTHING, bench)
  }
}

const NOTHING = new Uint8Array()

function judgedEvent(event: StreamEvent, bench: Bench): Frame & { endsStream?: true } {
  if (event.data === null || event.data === '') return { bytes: event.bytes, endsCall: false }
  const original = new TextEncoder().encode(event.data)
  const message = readMessage(original, bench.limits)
  if (isRefusal(message))
    return { ...refusedEvent(new Refusal('upstream_malformed'), event.bytes, bench), endsStream: true }
  const judged = judgedMessage(message, original, bench)
  const endsCall = message.kind === 'response' && message.id === bench.allowed.message.id
  if (!isRefusal(judged))
    return { bytes: judged === original ? event.bytes : eventOf(judged, event.bytes), endsCall }
  return endsCall ? refusedEvent(judged, event.bytes, bench) : { bytes: WITHHELD, endsCall: false }
}

const WITHHELD = new TextEncoder().encode(': withheld by policy\n\n')

/** The call ends here with an error of ours in the place of the upstream's answer. */
function refusedEvent(refusal: Refusal, like: Uint8Array, { allowed, entry }: Bench): Frame {
  entry.refusal = refusal
  const answer = errorAnswer(allowed.message.id, refusal, refusalData(refusal, entry))
  return { bytes: eventOf(answer, like), endsCall: true }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
