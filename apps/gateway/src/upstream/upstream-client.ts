import type { LeaseSecret } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Allowed, Lease, StreamEvent, UpstreamClient } from '@writ/enforcement'
import { splitEvents } from '@writ/mcp'
import type { Dispatcher } from 'undici'
import type { AnswerType } from './answer-type.ts'
import { wholeType } from './answer-type.ts'
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
 * @param build named to upstreams instead of the agent's program
 */
export function createUpstreamClient(
  limits: UpstreamLimits,
  seal: SessionSeal,
  build: string,
): UpstreamClient & { readonly close: () => Promise<void> } {
  const userAgent = `writ-gateway/${build.replace(/[^\w.+-]/g, '-')}`
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
      const own: Fields = [['user-agent', userAgent], ['accept-encoding', 'identity'], ...session]
      const request = requestOf(allowed, target, fieldsOf(allowed, own, secret))
      const answer = await callUpstream(pools.poolFor(owner), request, limits, endOf(allowed))
      if (isRefusal(answer)) return answer
      const shape = shapeOf(answer, limits)
      return isRefusal(shape) ? shape : { ...shape, headers: headersOf(answer, shape.type, { owner, seal }) }
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

type Fields = readonly (readonly [string, string])[]

function openSession({ received }: Allowed, owner: SessionOwner, seal: SessionSeal): Fields | Refusal {
  const sealed = received.headers.get(SESSION_HEADER) ?? []
  if (sealed.length === 0) return []
  const session = sealed.length === 1 ? seal.open(String(sealed[0]), owner) : null
  return session === null ? new Refusal('session_unknown') : [[SESSION_HEADER, session]]
}

/** Every field that leaves. The header of a credential is the lease's alone. */
function fieldsOf(allowed: Allowed, own: Fields, secret: LeaseSecret | null): Fields {
  const fields = [...forwardedFields(allowed), ...own].filter(([name]) => name !== secret?.header)
  return secret === null ? fields : [...fields, [secret.header, secret.value]]
}

function requestOf({ received, outgoing }: Allowed, target: URL, fields: Fields): Dispatcher.DispatchOptions {
  return {
    path: target.pathname + target.search,
    method: received.verb,
    headers: fields.flatMap(([name, value]) => [name, value]),
    body: received.verb === 'POST' ? outgoing : null,
  }
}

type Shape = { readonly status: number; readonly type: AnswerType | null } & (
  | { readonly kind: 'whole'; readonly body: Uint8Array }
  | {
      readonly kind: 'stream'
      readonly events: AsyncIterable<StreamEvent>
      readonly stop: () => void
    }
)

function shapeOf(answer: RawAnswer, { eventBytes }: UpstreamLimits): Shape | Refusal {
  const { status } = answer
  if (answer.kind === 'stream')
    return {
      kind: 'stream',
      status,
      type: 'text/event-stream',
      events: splitEvents(answer.chunks, { maxBytes: eventBytes }),
      stop: answer.stop,
    }
  const type = wholeType(answer.type, status, answer.body)
  return isRefusal(type) ? type : { kind: 'whole', status, type, body: answer.body }
}

type Sealing = { readonly owner: SessionOwner; readonly seal: SessionSeal }

function headersOf({ headers }: RawAnswer, type: AnswerType | null, { owner, seal }: Sealing): Fields {
  const [session] = valuesOf(headers[SESSION_HEADER])
  const typed: Fields = type === null ? [] : [['content-type', type]]
  const sealed: Fields = session === undefined ? [] : [[SESSION_HEADER, seal.seal(session, owner)]]
  return [...typed, ...answeredFields(headers), ...sealed]
}

/** A GET stream has no end of its own: it ends with its token, and the agent comes back with a fresh proof. */
function endOf({ received, caller }: Allowed): AbortSignal {
  if (received.verb !== 'GET') return received.hangUp
  const leftMs = Math.max(0, caller.expiresAt * 1000 - received.atMs)
  return AbortSignal.any([received.hangUp, AbortSignal.timeout(leftMs)])
}
