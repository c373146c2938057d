import { Refusal } from '@writ/contracts'
import { signalOf } from '@writ/enforcement'
import type { Answer, Entry, HeaderFields, Received, Steps } from '@writ/enforcement'
import type { Composed, CompositionPorts } from './composed.ts'
import { receivedOf } from './composed.ts'
import type { SessionMember } from './seal.ts'

/** What of a message goes to one connection. */
export type Part = {
  readonly member: SessionMember
  readonly body: string
  /** the method and name of the body, where they are not those of the whole message */
  readonly method?: string
  readonly name?: string | null
  readonly lastEventId?: string
  /** ends this part alone */
  readonly end?: AbortSignal
}

/** Sends the whole message to the one connection that it is for: it keeps its decision, and its record is that of the call. */
export const passOn = (part: Part, composed: Composed, ports: CompositionPorts): Promise<Answer> =>
  ports.mediate(
    receivedFor(part, composed),
    proven(composed, () => null),
  )

/** Sends what is one of several messages: it has a decision and a record of its own, which name the message that it is part of. */
export function send(part: Part, composed: Composed, ports: CompositionPorts): Promise<Answer> {
  const parent = receivedOf(composed).decisionId
  const received = { ...receivedFor(part, composed), decisionId: ports.newDecisionId(), parent }
  return ports.mediate(
    received,
    proven(composed, () => roomFor(composed, ports)),
  )
}

/** One message becomes several at the upstreams, and each of them counts. */
function roomFor({ verified }: Composed, { brakes }: CompositionPorts): Limited | null {
  const { tenant } = verified.current.bundle
  const wait = brakes.hasRoom(tenant)
  if (wait !== null) return { limit: wait, refusal: new Refusal('rate_limited') }
  brakes.called(tenant)
  return null
}

type Limited = { readonly limit: NonNullable<Entry['limit']>; readonly refusal: Refusal }

/** The verify step of a part: its proof was looked at, and used up, with the whole message. */
function proven({ verified }: Composed, limit: () => Limited | null): Steps['verify'] {
  return (entry) => {
    const { current, caller } = verified
    entry.current = current
    entry.caller = caller
    const limited = limit()
    if (limited === null) return Promise.resolve({ ...verified, received: entry.received })
    entry.limit = limited.limit
    return Promise.resolve(limited.refusal)
  }
}

function receivedFor(part: Part, composed: Composed): Received {
  const received = receivedOf(composed)
  const { connection } = part.member
  const { end } = part
  return {
    ...received,
    connectionName: connection,
    resource: received.resource.replace(/\/mcp$/, `/${connection}/mcp`),
    headers: headersFor(part, composed),
    body: Buffer.from(part.body),
    hangUp: end === undefined ? received.hangUp : AbortSignal.any([signalOf(received.hangUp), end]),
  }
}

/** Fields that say who calls, or what this part says otherwise. */
const OWN: ReadonlySet<string> = new Set([
  'authorization',
  'dpop',
  'mcp-session-id',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'last-event-id',
])

function headersFor(part: Part, composed: Composed): HeaderFields {
  const sent = receivedOf(composed).headers
  const kept = [...sent].filter(([name]) => !OWN.has(name) && mayStay(name, part))
  const own = ownFields(part, composed).filter(([, value]) => value !== null)
  return new Map([...kept, ...own.map(([name, value]) => [name, [value ?? '']] as const)])
}

/** Arguments of another method are not those of this one. */
const mayStay = (name: string, { method }: Part): boolean =>
  method === undefined || !name.startsWith('mcp-param-')

function ownFields(part: Part, composed: Composed): (readonly [string, string | null])[] {
  const { headers } = receivedOf(composed)
  const { message, era } = composed
  const isMirrored = era === '2026' || headers.has('mcp-method')
  return [
    ['mcp-protocol-version', versionFor(part, composed)],
    ['mcp-session-id', part.member.sessionId],
    ['mcp-method', isMirrored ? (part.method ?? message.method) : null],
    ['mcp-name', isMirrored && part.name ? headerValue(part.name) : null],
    ['last-event-id', part.lastEventId ?? null],
  ]
}

/** In a session of the 2025 era each server hears the version that it chose itself. */
function versionFor({ member }: Part, composed: Composed): string | null {
  const sent = receivedOf(composed).headers.get('mcp-protocol-version')?.[0] ?? null
  const isOwn = composed.era === '2025' && composed.message.method !== 'initialize' && member.version !== ''
  return isOwn ? member.version : sent
}

/** As it is where a header field can carry it, and else as base64 (SEP-2243). */
const headerValue = (name: string): string =>
  /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !name.startsWith('=?')
    ? name
    : `=?base64?${Buffer.from(name).toString('base64')}?=`
