import { createHash } from 'node:crypto'
import type { AccessTokenClaims, Caller } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { NonceKeeper, Proven, ReplayGuard, Trust } from '@writ/identity'
import { verifyPresented } from '@writ/identity'
import type { BundleSource } from '../ports.ts'
import type { CurrentBundle, Entry, Received, Verified } from '../stages.ts'
import { standingOf } from './standing.ts'

export type VerifyPorts = {
  readonly bundles: BundleSource
  readonly replay: ReplayGuard
  readonly nonces: NonceKeeper
  /** this gateway's public origin, e.g. `https://eu.gateway.example` */
  readonly origin: string
}

/** Who is calling: token, proof, revocation and replay, then the caller under the tenant's current bundle. */
export async function verify(entry: Entry, ports: VerifyPorts): Promise<Verified | Refusal> {
  const { received } = entry
  const current = await ports.bundles.current(received.tenantSlug)
  if (isRefusal(current)) return unverifiable(current, received, ports)
  entry.current = current

  const proven = await verifyPresented(
    presentedBy(received),
    trustOf(current, entry, ports.origin),
    checksAt(received, ports),
  )
  if (isRefusal(proven)) return proven
  entry.caller = callerOf(proven, current)
  if (!current.isFresh()) return new Refusal('policy_stale')
  return { received, current, caller: entry.caller }
}

/** A tenant that does not exist answers like a tenant whose tokens nobody here holds. */
async function unverifiable(refusal: Refusal, received: Received, ports: VerifyPorts): Promise<Refusal> {
  if (refusal.code !== 'tenant_unknown') return refusal
  const proven = await verifyPresented(presentedBy(received), NO_TRUST, checksAt(received, ports))
  return isRefusal(proven) ? proven : new Refusal('token_invalid')
}

const NO_TRUST: Trust = {
  tenantId: `ten_${'0'.repeat(26)}`,
  issuer: 'urn:writ:nobody',
  audiences: [],
  keyOf: () => undefined,
  standing: () => new Refusal('token_invalid'),
}

const presentedBy = (received: Received) => ({
  authorization: received.headers.get('authorization') ?? [],
  dpop: received.headers.get('dpop') ?? [],
  verb: received.verb,
  resource: received.resource,
  bodySha256: createHash('sha256').update(received.body).digest('base64url'),
})

const checksAt = (received: Received, { replay, nonces }: VerifyPorts) => ({
  replay,
  nonces,
  nowMs: received.atMs,
})

function trustOf(current: CurrentBundle, entry: Entry, origin: string): Trust {
  const { tenant, issuer } = current.bundle
  return {
    tenantId: tenant.id,
    issuer,
    audiences: [entry.received.resource, `${origin}/${tenant.slug}`],
    keyOf: current.keyOf,
    standing: (claims) => {
      const fallen = standingOf(claims, current)
      if (fallen) entry.named = namedBy(claims, current)
      return fallen
    },
  }
}

/** Names are those of the bundle; who left it is named by id. */
function namedBy(claims: AccessTokenClaims, { agents, humans }: CurrentBundle): NonNullable<Entry['named']> {
  const { client_id: agent, sub: human, sid: session } = claims
  return {
    agent: agents.get(agent) ?? { id: agent, name: agent, groups: [] },
    human: humans.get(human) ?? { id: human, name: human, groups: [] },
    session,
  }
}

function callerOf({ claims, keyThumbprint }: Proven, current: CurrentBundle): Caller {
  const agent = current.agents.get(claims.client_id)
  const human = current.humans.get(claims.sub)
  if (!agent || !human) throw new Error('a proven caller is in the bundle')
  return {
    tenantId: current.bundle.tenant.id,
    agent: { id: agent.id, name: agent.name, groups: agent.groups },
    human: { id: human.id, name: human.name, groups: human.groups },
    session: claims.sid,
    keyThumbprint,
    expiresAt: claims.exp,
  }
}
