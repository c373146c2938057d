import type { Bundle, BundleConnection, LeaseSecret } from '@writ/contracts'
import { isRefusal, Refusal, UPSTREAM_BY_DEFAULT } from '@writ/contracts'
import { signalOf } from '@writ/enforcement'
import type { Allowed, HangUp, Lease, UpstreamAnswer, UpstreamClient } from '@writ/enforcement'
import { splitEvents } from '@writ/mcp'
import type { Dispatcher } from 'undici'
import { forwardToApi } from '../http-api/forward-api.ts'
import { sendingTo } from '../http-api/send.ts'
import type { AnswerType } from './answer-type.ts'
import { wholeType } from './answer-type.ts'
import { answeredFields, forwardedFields, mayCarryCredential, valuesOf } from './header-rules.ts'
import type { SessionOwner, SessionSeal } from './session-seal.ts'
import type { CallLimits, RawAnswer } from './upstream-call.ts'
import { callUpstream } from './upstream-call.ts'
import type { GatePorts, GateSettings, UpstreamGate } from './upstream-gate.ts'
import { createUpstreamGate } from './upstream-gate.ts'
import type { PoolKey } from './upstream-pools.ts'
import { within } from './upstream-pools.ts'

export type UpstreamLimits = CallLimits & GateSettings & { readonly eventBytes: number }

/** Who this gateway is towards upstreams, and who hears how they fare. */
export type UpstreamPorts = GatePorts & {
  readonly seal: SessionSeal
  /** named to upstreams instead of the agent's program */
  readonly build: string
}

const SESSION_HEADER = 'mcp-session-id'

/**
 * Reaches upstreams over pooled sockets that never cross credentials: the bytes that were allowed go out, with the lease's
 * header and nothing of the agent's own standing.
 */
export function createUpstreamClient(
  limits: UpstreamLimits,
  ports: UpstreamPorts,
): UpstreamClient & Pick<UpstreamGate, 'figures' | 'close'> {
  const { seal, build } = ports
  const ours: Fields = [
    ['user-agent', `writ-gateway/${build.replace(/[^\w.+-]/g, '-')}`],
    ['accept-encoding', 'identity'],
  ]
  const gate = createUpstreamGate(limits, ports)
  return {
    figures: gate.figures,
    close: gate.close,
    forward: async (allowed, lease) => {
      const target = targetOf(allowed.connection)
      const owner = ownerOf(allowed, target.origin)
      const secret = secretFor(lease, owner)
      if (isRefusal(secret)) return secret
      const end = endOf(allowed)
      const key = keyOf(allowed, owner, secret)
      const { api } = allowed.connection
      const callLimits = limitsFor(key, limits, api !== undefined)
      const send = (request: Dispatcher.DispatchOptions) =>
        gate.through(key, end, (way) => callUpstream(way, request, callLimits, end))
      if (api) return forwardToApi(allowed, api, sendingTo({ base: target.path, own: ours, secret, send }))
      const session = openSession(allowed, owner, seal)
      if (isRefusal(session)) return session
      const answer = await send(
        requestOf(
          allowed,
          target.path,
          fieldsOf(allowed, session.length === 0 ? ours : [...ours, ...session], secret),
        ),
      )
      if (isRefusal(answer)) return answer
      return shapeOf(answer, limits, { owner, seal })
    },
  }
}

type Target = { readonly origin: string; readonly path: string }

/** A connection lives as long as its bundle: its URL is read once. */
const targets = new WeakMap<BundleConnection, Target>()

function targetOf(connection: BundleConnection): Target {
  const known = targets.get(connection)
  if (known !== undefined) return known
  const { origin, pathname, search } = new URL(connection.url)
  const target = { origin, path: pathname + search }
  targets.set(connection, target)
  return target
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
    key: caller.keyThumbprint,
  }
}

const NO_NETWORKS: readonly string[] = []

/** The objects of a bundle live as long as the bundle: of most of its connections every call goes the same way. */
const keys = new WeakMap<BundleConnection, { readonly bundle: Bundle; readonly key: PoolKey }>()

function keyOf(allowed: Allowed, owner: SessionOwner, secret: LeaseSecret | null): PoolKey {
  const { connection, current } = allowed
  const known = keys.get(connection)
  if (known?.bundle === current.bundle) return known.key
  const key = newKey(allowed, owner, secret)
  if (key.principal === null && key.certificate === null)
    keys.set(connection, { bundle: current.bundle, key })
  return key
}

function newKey(
  { connection, current: { bundle } }: Allowed,
  owner: SessionOwner,
  secret: LeaseSecret | null,
): PoolKey {
  const { upstream = UPSTREAM_BY_DEFAULT, credential } = connection
  const { tenant, credentialVersion, origin, agent, human } = owner
  return {
    tenant,
    slug: bundle.tenant.slug,
    connection: connection.id,
    principal: upstream.sockets === 'principal' ? `${agent} ${human}` : null,
    credentialVersion,
    certificate:
      credential.kind === 'client-certificate' && secret !== null
        ? { certificates: credential.certificates, key: secret.value }
        : null,
    origin,
    upstream,
    networks: bundle.tenant.upstreamNetworks ?? NO_NETWORKS,
  }
}

const limitsFor = ({ upstream }: PoolKey, limits: CallLimits, forbidsSingly: boolean): CallLimits => ({
  responseBytes: limits.responseBytes,
  headersTimeoutMs: within(upstream.timeouts.firstByteMs, limits.headersTimeoutMs),
  bodyTimeoutMs: within(upstream.timeouts.bodyMs, limits.bodyTimeoutMs),
  forbidsSingly,
})

/** The last gate before a secret leaves: it goes only where it was lent for. */
function secretFor(lease: Lease, owner: SessionOwner): LeaseSecret | null | Refusal {
  if (lease.kind === 'none')
    return owner.credentialVersion === 0 ? null : new Refusal('credential_unavailable')
  const { secret } = lease
  const isMeantForThis =
    secret.tenant === owner.tenant &&
    secret.connection === owner.connection &&
    secret.version === owner.credentialVersion &&
    (secret.origin === owner.origin || new URL(secret.origin).origin === owner.origin)
  return isMeantForThis && isCarried(lease) ? secret : new Refusal('credential_unavailable')
}

/** The key of a certificate is never in a message: sockets are opened with it. */
const isCarried = ({ kind, secret }: Exclude<Lease, { kind: 'none' }>): boolean =>
  kind === 'client-certificate' ? secret.header === '' : mayCarryCredential(secret.header)

type Fields = readonly (readonly [string, string])[]

function openSession({ received }: Allowed, owner: SessionOwner, seal: SessionSeal): Fields | Refusal {
  const sealed = received.headers.get(SESSION_HEADER) ?? []
  if (sealed.length === 0) return isTakingUp(received) ? new Refusal('session_unknown') : []
  const session = sealed.length === 1 ? seal.open(String(sealed[0]), owner) : null
  return session === null ? new Refusal('session_unknown') : [[SESSION_HEADER, session]]
}

/** Ids of events can be guessed: what a stream said is told again to whom its session belongs, and to nobody without one. */
const isTakingUp = ({ verb, headers }: Allowed['received']): boolean =>
  verb === 'GET' && headers.has('last-event-id')

/** Every field that leaves. The header of a credential is the lease's alone. */
function fieldsOf(allowed: Allowed, own: Fields, secret: LeaseSecret | null): string[] {
  const flat: string[] = []
  const taken = secret?.header
  for (const [name, value] of forwardedFields(allowed)) if (name !== taken) flat.push(name, value)
  for (const [name, value] of own) if (name !== taken) flat.push(name, value)
  if (secret !== null && secret.header !== '') flat.push(secret.header, secret.value)
  return flat
}

function requestOf(
  { received, outgoing }: Allowed,
  path: string,
  headers: string[],
): Dispatcher.DispatchOptions {
  return {
    path,
    method: received.verb,
    headers,
    body: received.verb === 'POST' ? outgoing : null,
  }
}

type Sealing = { readonly owner: SessionOwner; readonly seal: SessionSeal }

function shapeOf(
  answer: RawAnswer,
  { eventBytes }: UpstreamLimits,
  sealing: Sealing,
): UpstreamAnswer | Refusal {
  const { status } = answer
  if (answer.kind === 'stream')
    return {
      kind: 'stream',
      status,
      headers: headersOf(answer, 'text/event-stream', sealing),
      events: splitEvents(answer.chunks, { maxBytes: eventBytes }),
      stop: answer.stop,
    }
  const type = wholeType(answer.type, status, answer.body)
  if (isRefusal(type)) return type
  return { kind: 'whole', status, headers: headersOf(answer, type, sealing), body: answer.body }
}

function headersOf({ headers }: RawAnswer, type: AnswerType | null, { owner, seal }: Sealing): Fields {
  const [session] = valuesOf(headers[SESSION_HEADER])
  const typed: Fields = type === null ? [] : [['content-type', type]]
  const sealed: Fields = session === undefined ? [] : [[SESSION_HEADER, seal.seal(session, owner)]]
  return [...typed, ...answeredFields(headers), ...sealed]
}

/** A GET stream has no end of its own: it ends with its token, and the agent comes back with a fresh proof. */
function endOf({ received, caller }: Allowed): HangUp {
  if (received.verb !== 'GET') return received.hangUp
  const leftMs = Math.max(0, caller.expiresAt * 1000 - received.atMs)
  return AbortSignal.any([signalOf(received.hangUp), AbortSignal.timeout(leftMs)])
}
