import { hash } from 'node:crypto'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Message, MessageLimits } from '@writ/mcp'
import { readMessage } from '@writ/mcp'
import type { Scrubber } from '../ports.ts'
import type { Allowed, Entry, Judged, Lease, UpstreamAnswer } from '../stages.ts'
import type { Bench, MessagePorts } from './judge-message.ts'
import { isAnswered, judgedMessage, passingOf } from './judge-message.ts'
import { judgedFrames } from './judge-stream.ts'
import type { LullPorts } from './lulls.ts'
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
  const headers = answer.headers.map(([name, value]) => [name, scrubber.text(value)] as const)
  if (answer.kind === 'stream') {
    const bench: Bench = { allowed, entry, limits: ports.limits, scrubber, ports, ownMethod: null }
    return { kind: 'stream', status: answer.status, headers, frames: judgedFrames(answer, bench, ports) }
  }
  const within = scrubber.within(answer.body)
  const bench: Bench = { allowed, entry, limits: ports.limits, scrubber: within, ports, ownMethod: null }
  const sha256 = hash('sha256', answer.body, 'hex')
  entry.response = { status: answer.status, sha256, sizeBytes: answer.body.length }
  const body = answer.body.length === 0 ? answer.body : await judgedBody(answer.body, answer.status, bench)
  if (isRefusal(body)) return body
  // What a rule rewrote was not looked at when it came.
  const masked = body === answer.body ? within.bytes(body) : scrubber.bytes(body)
  return { kind: 'whole', status: answer.status, headers, body: masked }
}

async function judgedBody(body: Uint8Array, status: number, bench: Bench): Promise<Uint8Array | Refusal> {
  const message = readMessage(body, bench.limits)
  if (!isRefusal(message) && !isOfNoRequest(message, status, bench))
    return judgedMessage(message, body, bench)
  // Clients tell the protocol era of a server from the body of its 4xx, whatever its form.
  return status >= 400 ? judgedText(body, bench) : new Refusal('upstream_malformed')
}

/** An error of HTTP whose sender did not look for the id: servers on the Python SDK give it one of their own, `server-error`. */
const isOfNoRequest = ({ id, error }: Message, status: number, { allowed }: Bench): boolean =>
  status >= 400 && error !== undefined && id !== null && !isAnswered(id, allowed)

/** A body that is no message: judged as it stands, and as readers see it that resolve the escapes of JSON. */
async function judgedText(body: Uint8Array, bench: Bench): Promise<Uint8Array | Refusal> {
  const text = decoded(body)
  if (text === null) return new Refusal('upstream_malformed')
  const masked = bench.scrubber.text(text)
  const readings = [...new Set([masked, resolved(masked), withoutEscapes(masked)])]
  if (readings.some((reading) => bench.scrubber.text(reading) !== reading))
    return new Refusal('response_denied')
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

/** As a reader of JSON sees it. */
const resolved = (text: string): string =>
  text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g, (_, code: string | undefined, escape: string) =>
    code === undefined ? (SPACES[escape] ?? escape) : String.fromCharCode(Number.parseInt(code, 16)),
  )

const SPACES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** As a reader sees it that resolves what an escape made, too. */
const withoutEscapes = (text: string): string =>
  text
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\([/"\\])/g, '$1')
