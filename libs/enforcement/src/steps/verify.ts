import { hash } from 'node:crypto'
import type { AccessTokenClaims, RefusalCode } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { NonceKeeper, Presented, ProofPorts, Proven, ReplayGuard, Trust } from '@writ/identity'
import { verifyPresented } from '@writ/identity'
import type { Brakes, BundleSource } from '../ports.ts'
import type { CurrentBundle, Entry, HeaderFields, Verified, Wait } from '../stages.ts'
import { callerOf, namesOf, noMoreRecords, standingOf } from './standing.ts'

export type VerifyPorts = {
  readonly bundles: BundleSource
  readonly replay: ReplayGuard
  /** the server nonces of one route; `required`: its tenant wants one in every proof */
  readonly noncesFor: (route: string, required: boolean) => NonceKeeper
  readonly brakes: Brakes
  /** this gateway's public origin, e.g. `https://eu.gateway.example` */
  readonly origin: string
}

/** Who is calling: token, proof, revocation and replay, then the caller under the tenant's current bundle. */
export async function verify(entry: Entry, ports: VerifyPorts): Promise<Verified | Refusal> {
  const { received } = entry
  const trace = traceIn(received.headers)
  if (trace) entry.trace = trace
  const current = await ports.bundles.current(received.tenantSlug)
  if (isRefusal(current)) return unverifiable(current, entry, ports)
  entry.current = current
  notMoreRecords(entry, current, ports)

  const held: Held = { claims: null }
  const proven = await verifyPresented(
    presentedBy(entry),
    trustOf(current, { entry, held, origin: ports.origin }),
    checksOf(current, entry, ports),
  )
  if (isRefusal(proven)) return braked(proven, { entry, held, brakes: ports.brakes })
  ports.brakes.called(current.bundle.tenant)
  return verified(proven, current, entry)
}

/** W3C Trace Context, version 00; sent twice, or of another form, it is none. */
function traceIn(headers: HeaderFields): Entry['trace'] {
  const [sent = '', ...more] = headers.get('traceparent') ?? []
  const [, id = NO_TRACE, span = ''] = more.length > 0 ? [] : (TRACE_PARENT.exec(sent) ?? [])
  return id === NO_TRACE || span === NO_SPAN ? undefined : { id, span }
}

const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

function verified(proven: Proven, current: CurrentBundle, entry: Entry): Verified | Refusal {
  const callerUnder = (other: CurrentBundle) => callerOf(proven, other)
  const caller = callerUnder(current)
  if (isRefusal(caller)) return caller
  entry.caller = caller
  if (!current.isFresh()) return new Refusal('policy_stale')
  return { received: entry.received, current, caller, callerUnder }
}

/** A tenant that does not exist answers like a tenant whose tokens nobody here holds. */
async function unverifiable(refusal: Refusal, entry: Entry, ports: VerifyPorts): Promise<Refusal> {
  if (refusal.code !== 'tenant_unknown') return refusal
  const { received } = entry
  const nonces = ports.noncesFor(received.resource, false)
  const checks = { replay: ports.replay, nonces, nowMs: received.atMs }
  const proven = await verifyPresented(presentedBy(entry), NO_TRUST, checks)
  const refused = isRefusal(proven) ? proven : new Refusal('token_invalid')
  return braked(refused, { entry, held: { claims: null }, brakes: ports.brakes })
}

const NO_TRUST: Trust = {
  tenantId: `ten_${'0'.repeat(26)}`,
  issuer: 'urn:writ:nobody',
  audiences: [],
  keyOf: () => undefined,
  standing: () => new Refusal('token_invalid'),
}

function presentedBy(entry: Entry): Presented {
  const { headers, verb, resource, body } = entry.received
  const sha256 = hash('sha256', body, 'hex')
  entry.bodySha256 = sha256
  return {
    authorization: headers.get('authorization') ?? [],
    dpop: headers.get('dpop') ?? [],
    verb,
    resource,
    bodySha256: Buffer.from(sha256, 'hex').toString('base64url'),
  }
}

/** Whatever a tenant that keeps no more records is told is a refusal: a few a minute are recorded, so that no flood of them fills the ledger. */
function notMoreRecords(entry: Entry, { bundle: { tenant } }: CurrentBundle, { brakes }: VerifyPorts): void {
  const wait = tenant.recordsFull ? brakes.unkept(tenant) : null
  if (wait) entry.limit = wait
}

function checksOf(current: CurrentBundle, entry: Entry, ports: VerifyPorts): ProofPorts {
  const { received } = entry
  const { tenant } = current.bundle
  return {
    replay: ports.replay,
    nonces: ports.noncesFor(received.resource, tenant.nonceRequired),
    nowMs: received.atMs,
    hasRoom: () => {
      const full = noMoreRecords(current)
      if (full) return full
      const wait = ports.brakes.hasRoom(tenant)
      return wait && limited(wait, entry, `more than ${tenant.requestsPerSecond} calls a second`)
    },
  }
}

/** The claims of a token that held, whether or not the rest did. */
type Held = { claims: AccessTokenClaims | null }

type Presenting = { readonly entry: Entry; readonly held: Held; readonly origin: string }

function trustOf(current: CurrentBundle, { entry, held, origin }: Presenting): Trust {
  const { tenant, issuer } = current.bundle
  return {
    tenantId: tenant.id,
    issuer,
    audiences: [entry.received.resource, `${origin}/${tenant.slug}`],
    keyOf: current.keyOf,
    bodyDigestRequired: tenant.bodyDigestRequired,
    standing: (claims) => {
      held.claims = claims
      const fallen = standingOf(claims, current)
      if (fallen ?? noMoreRecords(current)) entry.named = { ...namesOf(claims, current), session: claims.sid }
      return fallen
    },
  }
}

type Failing = { readonly entry: Entry; readonly held: Held; readonly brakes: Brakes }

/** Who keeps failing is told to wait instead of what was wrong. Nobody who proves who they are comes here. */
function braked(refusal: Refusal, { entry, held: { claims }, brakes }: Failing): Refusal {
  if (!FAILURES.has(refusal.code)) return refusal
  const agent = claims === null ? null : `${claims.tid}/${claims.client_id}`
  const wait = brakes.failed(entry.received.source, agent)
  return wait === null ? refusal : limited(wait, entry, 'too many requests that prove nothing')
}

/** A nonce is asked for in passing, and no room is nobody's fault. */
const FAILURES: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'credentials_missing',
  'authorization_ambiguous',
  'proof_invalid',
  'proof_replayed',
  'token_invalid',
  'token_revoked',
])

function limited(wait: Wait, entry: Entry, why: string): Refusal {
  entry.limit = { ...wait, isFirst: wait.isFirst && entry.limit?.isFirst !== false }
  return new Refusal('rate_limited', `${why}: try again in ${wait.seconds} s`)
}
