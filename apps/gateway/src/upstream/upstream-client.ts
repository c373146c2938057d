import type { LeaseSecret } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Allowed, Lease, StreamEvent, UpstreamClient } from '@writ/enforcement'
import { splitEvents } from '@writ/mcp'
import type { Dispatcher } from 'undici'
import { answeredFields, forwardedFields, mayCarryCredential, valuesOf } from './header-rules.ts'
import type { SessionOwner, SessionSeal } from './session-seal.ts'
import type { CallLimits, RawAnswer } from './upstream-call.ts'
import { callUpstream } from './upstream-call.ts'
import type { PoolSettings } from './upstream-pools.ts'
import { createUpstreamPools } from './upstream-pools.ts'

export type UpstreamLimits = CallLimits & PoolSettings & { readonly eventBytes: number }

const SESSION_HEADER = 'mcp-session-id'

/**
 * Reaches upstreams over pooled sockets that never cross credentials: the bytes that were allowed go out, with the lease's
 * header and nothing of the agent's own standing.
 */
export function createUpstreamClient(
  limits: UpstreamLimits,
  seal: SessionSeal,
): UpstreamClient & { readonly close: () => Promise<void> } {
  const pools = createUpstreamPools(limits)
  return {
    close: pools.close,
    forward: async (allowed, lease) => {
      const target = new URL(allowed.connection.url)
      const owner = ownerOf(allowed, target.origin)
      const secret = secretFor(lease, owner)
      if (isRefusal(secret)) return secret
      const session = openSession(allowed, owner, seal)
      if (isRefusal(session)) return session
      const request = requestOf(allowed, target, [...session, ...credentialField(secret)])
      const answer = await callUpstream(pools.poolFor(owner), request, limits, endOf(allowed))
      return isRefusal(answer)
        ? answer
        : { ...shape(answer, limits), headers: headersOf(answer, owner, seal) }
    },
  }
}

function ownerOf({ caller, connection }: Allowed, origin: string): SessionOwner {
  const { credential } = connection
  return {
    tenant: caller.tenantId,
    connection: connection.id,
    credentialVersion: credential.kind === 'none' ? 0 : credential.version,
    origin,
    agent: caller.agent.id,
    human: caller.human.id,
  }
}

/** The last gate before a secret leaves: it goes only where it was lent for. */
function secretFor(lease: Lease, owner: SessionOwner): LeaseSecret | null | Refusal {
  if (lease.kind === 'none')
    return owner.credentialVersion === 0 ? null : new Refusal('credential_unavailable')
  const { secret } = lease
  const isMeantForThis =
    secret.tenant === owner.tenant &&
    secret.connection === owner.connection &&
    secret.version === owner.credentialVersion &&
    new URL(secret.origin).origin === owner.origin
  return isMeantForThis && mayCarryCredential(secret.header) ? secret : new Refusal('credential_unavailable')
}

const credentialField = (secret: LeaseSecret | null): Fields =>
  secret === null ? [] : [[secret.header, secret.value]]

type Fields = readonly (readonly [string, string])[]

function openSession({ received }: Allowed, owner: SessionOwner, seal: SessionSeal): Fields | Refusal {
  const sealed = received.headers.get(SESSION_HEADER) ?? []
  if (sealed.length === 0) return []
  const session = sealed.length === 1 ? seal.open(String(sealed[0]), owner) : null
  return session === null ? new Refusal('session_unknown') : [[SESSION_HEADER, session]]
}

function requestOf(
  { received, outgoing, connection }: Allowed,
  target: URL,
  own: Fields,
): Dispatcher.DispatchOptions {
  const credentialHeader = connection.credential.kind === 'none' ? null : connection.credential.header
  const fields: Fields = [
    ...forwardedFields(received.headers, credentialHeader),
    ['accept-encoding', 'identity'],
    ...own,
  ]
  return {
    path: target.pathname + target.search,
    method: received.verb,
    headers: fields.flatMap(([name, value]) => [name, value]),
    body: received.verb === 'POST' ? outgoing : null,
  }
}

function headersOf(answer: RawAnswer, owner: SessionOwner, seal: SessionSeal): Fields {
  const [session] = valuesOf(answer.headers[SESSION_HEADER])
  const sealed: Fields = session === undefined ? [] : [[SESSION_HEADER, seal.seal(session, owner)]]
  return [...answeredFields(answer.headers), ...sealed]
}

type Shape =
  | { readonly kind: 'whole'; readonly status: number; readonly body: Uint8Array }
  | { readonly kind: 'stream'; readonly status: number; readonly events: AsyncIterable<StreamEvent> }

function shape(answer: RawAnswer, limits: UpstreamLimits): Shape {
  const { status } = answer
  if (answer.kind === 'whole') return { kind: 'whole', status, body: answer.body }
  return { kind: 'stream', status, events: splitEvents(answer.chunks, { maxBytes: limits.eventBytes }) }
}

/** A GET stream has no end of its own: it ends with its token, and the agent comes back with a fresh proof. */
function endOf({ received, caller }: Allowed): AbortSignal {
  if (received.verb !== 'GET') return received.hangUp
  const leftMs = Math.max(0, caller.expiresAt * 1000 - received.atMs)
  return AbortSignal.any([received.hangUp, AbortSignal.timeout(leftMs)])
}
