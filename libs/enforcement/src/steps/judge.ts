import { hash } from 'node:crypto'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Message, MessageLimits } from '@writ/mcp'
import { readMessage } from '@writ/mcp'
import type { Scrubber } from '../ports.ts'
import type { Allowed, Entry, Judged, Lease, UpstreamAnswer } from '../stages.ts'
import { inTurns } from './in-turns.ts'
import type { Bench, MessagePorts } from './judge-message.ts'
import { isAnswered, judgedMessage, passingOf, unread } from './judge-message.ts'
import { judgedFrames } from './judge-stream.ts'
import type { LullPorts } from './lulls.ts'
import { readingsOf } from './readings.ts'
import type { StandingPorts } from './standing.ts'

export type JudgePorts = StandingPorts &
  LullPorts &
  MessagePorts & {
    readonly limits: MessageLimits
    /** masks the lent credential wherever an upstream echoes it */
    readonly scrubberOf: (lease: Lease) => Scrubber
  }

/** Decides on the answer, message by message, also inside event streams. */
export async function judge(
  answer: UpstreamAnswer,
  allowed: Allowed,
  entry: Entry,
  ports: JudgePorts,
): Promise<Judged | Refusal> {
  const scrubber = ports.scrubberOf(entry.lease ?? { kind: 'none' })
  const headers: [string, string][] = []
  for (const [name, value] of answer.headers) headers.push([name, await inTurns(scrubber.text(value), ports)])
  if (answer.kind === 'stream') {
    const bench: Bench = { allowed, entry, limits: ports.limits, scrubber, ports, ownMethod: null }
    return { kind: 'stream', status: answer.status, headers, frames: judgedFrames(answer, bench, ports) }
  }
  const within = await inTurns(scrubber.within(answer.body), ports)
  const bench: Bench = { allowed, entry, limits: ports.limits, scrubber: within, ports, ownMethod: null }
  const sha256 = hash('sha256', answer.body, 'hex')
  entry.response = { status: answer.status, sha256, sizeBytes: answer.body.length }
  const body = answer.body.length === 0 ? answer.body : await judgedBody(answer.body, answer.status, bench)
  if (isRefusal(body)) return body
  // What a rule rewrote was not looked at when it came.
  const masking = body === answer.body ? within.bytes(body) : scrubber.bytes(body)
  return { kind: 'whole', status: answer.status, headers, body: await inTurns(masking, ports) }
}

async function judgedBody(body: Uint8Array, status: number, bench: Bench): Promise<Uint8Array | Refusal> {
  const message = readMessage(body, bench.limits)
  if (!isRefusal(message) && !isOfNoRequest(message, status, bench))
    return judgedMessage(message, body, bench)
  // Clients tell the protocol era of a server from the body of its 4xx, whatever its form.
  if (status >= 400) return judgedText(body, bench)
  return isRefusal(message) ? unread(message) : new Refusal('upstream_malformed')
}

/** An error of HTTP whose sender did not look for the id: servers on the Python SDK give it one of their own, `server-error`. */
const isOfNoRequest = ({ id, error }: Message, status: number, { allowed }: Bench): boolean =>
  status >= 400 && error !== undefined && id !== null && !isAnswered(id, allowed)

/** A body that is no message: judged as it stands, and as readers see it that resolve the escapes of JSON. */
async function judgedText(body: Uint8Array, bench: Bench): Promise<Uint8Array | Refusal> {
  const text = decoded(body)
  if (text === null) return new Refusal('upstream_malformed')
  const { scrubber, ports } = bench
  const masked = await inTurns(scrubber.text(text), ports)
  const readings = await inTurns(readingsOf(masked), ports)
  if ((await inTurns(scrubber.tree(readings), ports)) !== readings) return new Refusal('response_denied')
  const passing = await passingOf(readings, bench)
  if (isRefusal(passing)) return passing
  if (passing !== readings) return new Refusal('response_denied')
  return masked === text ? body : new TextEncoder().encode(masked)
}

function decoded(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return null
  }
}
