import type { LeaseRequest, LeaseSecret } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Allowed, CredentialBroker, Lease } from '@writ/enforcement'
import type { HeldLease } from './lease-cache.ts'
import { LeaseCache } from './lease-cache.ts'

export type BrokerPorts = {
  /**
   * A sealed lease from the control plane. `credential_unavailable` (or a rejection) means that it could not be reached:
   * a lease in hand stays good until it expires. Any other refusal is its "no": the lease in hand ends.
   */
  readonly requestLease: (request: LeaseRequest) => Promise<string | Refusal>
  readonly openLease: (sealed: string) => Promise<LeaseSecret | Refusal>
  readonly nowMs: () => number
  readonly store: LeaseStore
  /** leases held at most; 10,000 unless told */
  readonly capacity?: number
}

/** Keeps sealed leases over a restart. What it holds is opaque: only the node's lease key opens it. */
export type LeaseStore = {
  readonly read: (key: string) => Promise<string | null>
  /** @param expiresAtMs when it may be forgotten */
  readonly write: (key: string, sealed: string, expiresAtMs: number) => Promise<void>
  readonly remove: (key: string) => Promise<void>
}

/** A gateway without a place to keep leases: after a restart it needs the control plane. */
export const NO_LEASE_STORE: LeaseStore = {
  read: async () => null,
  write: async () => undefined,
  remove: async () => undefined,
}

/** Between attempts to renew while the control plane is away. */
const RETRY_AFTER_MS = 5_000

/** Lends the credential of a connection for one caller, renews it in time, and outlives a control plane that is away. */
export function createCredentialBroker(ports: BrokerPorts): CredentialBroker {
  const cache = new LeaseCache(ports.capacity ?? 10_000)
  const underWay = new Map<string, Promise<HeldLease | Refusal>>()

  const renewed = (key: string, allowed: Allowed): Promise<HeldLease | Refusal> => {
    const renewal = underWay.get(key) ?? renew(key, allowed, ports, cache).finally(() => underWay.delete(key))
    underWay.set(key, renewal)
    return renewal
  }
  return {
    async lease(allowed) {
      if (allowed.connection.credential.kind === 'none') return NOTHING_TO_LEND
      const key = keyOf(allowed)
      const held = cache.get(key, ports.nowMs())
      if (!held) return leaseOf(await renewed(key, allowed))
      // A lease is good until it expires, so nobody waits for its renewal.
      if (ports.nowMs() >= held.renewAtMs) void renewed(key, allowed)
      return held.lease
    },
  }
}

const NOTHING_TO_LEND: Lease = { kind: 'none' }

const leaseOf = (held: HeldLease | Refusal): Lease | Refusal => (isRefusal(held) ? held : held.lease)

/** Another tenant, connection, credential version, agent or session never shares a lease. */
function keyOf({ caller, connection }: Allowed): string {
  return JSON.stringify([
    caller.tenantId,
    connection.id,
    versionOf(connection.credential),
    caller.agent.id,
    caller.session,
  ])
}

const versionOf = (place: Allowed['connection']['credential']): number =>
  place.kind === 'none' ? 0 : place.version

/** Never rejects: a renewal may have nobody waiting for it. */
async function renew(
  key: string,
  allowed: Allowed,
  ports: BrokerPorts,
  cache: LeaseCache,
): Promise<HeldLease | Refusal> {
  const obtained = await obtain(allowed, ports)
  if (isRefusal(obtained)) return withoutRenewal(obtained, key, allowed, { ports, cache })
  const { held, sealed } = obtained
  cache.set(key, held)
  await ports.store.write(key, sealed, held.secret.expiresAtMs).catch(() => undefined)
  return held
}

type Obtained = { readonly held: HeldLease; readonly sealed: string }

async function obtain(allowed: Allowed, ports: BrokerPorts): Promise<Obtained | Refusal> {
  const sealed = await requested(allowed, ports).catch(unavailable)
  if (isRefusal(sealed)) return sealed
  const held = await opened(sealed, allowed, ports)
  return isRefusal(held) ? held : { held, sealed }
}

const requested = async (allowed: Allowed, ports: BrokerPorts): Promise<string | Refusal> =>
  ports.requestLease(requestFor(allowed))

const requestFor = ({ caller, connection, received }: Allowed): LeaseRequest => ({
  tenant: caller.tenantId,
  connection: connection.id,
  credentialVersion: versionOf(connection.credential),
  agent: caller.agent.id,
  session: caller.session,
  decision: received.decisionId,
})

type Shelves = { readonly ports: BrokerPorts; readonly cache: LeaseCache }

async function withoutRenewal(
  refusal: Refusal,
  key: string,
  allowed: Allowed,
  { ports, cache }: Shelves,
): Promise<HeldLease | Refusal> {
  if (refusal.code !== 'credential_unavailable') {
    cache.delete(key)
    await ports.store.remove(key).catch(() => undefined)
    return refusal
  }
  const held = cache.get(key, ports.nowMs()) ?? (await kept(key, allowed, ports))
  if (!held) return refusal
  const waiting = { ...held, renewAtMs: ports.nowMs() + RETRY_AFTER_MS }
  cache.set(key, waiting)
  return waiting
}

async function kept(key: string, allowed: Allowed, ports: BrokerPorts): Promise<HeldLease | null> {
  const sealed = await ports.store.read(key).catch(() => null)
  if (sealed === null) return null
  const held = await opened(sealed, allowed, ports)
  return isRefusal(held) ? null : held
}

async function opened(sealed: string, allowed: Allowed, ports: BrokerPorts): Promise<HeldLease | Refusal> {
  const secret = await ports.openLease(sealed).catch(unavailable)
  if (isRefusal(secret)) return secret
  if (!isFor(secret, allowed) || ports.nowMs() >= secret.expiresAtMs) return unavailable()
  const kind = allowed.connection.credential.kind === 'client-certificate' ? 'client-certificate' : 'header'
  return { lease: { kind, secret }, secret, renewAtMs: secret.renewAtMs }
}

/** A lease is used for what it was lent for and nothing else, whoever sealed it. */
function isFor(secret: LeaseSecret, { caller, connection }: Allowed): boolean {
  const { credential } = connection
  return (
    credential.kind !== 'none' &&
    secret.tenant === caller.tenantId &&
    secret.connection === connection.id &&
    secret.version === credential.version &&
    isShownAs(secret, credential) &&
    secret.origin === new URL(connection.url).origin
  )
}

type Lendable = Exclude<Allowed['connection']['credential'], { kind: 'none' }>

const isShownAs = ({ header, value }: LeaseSecret, credential: Lendable): boolean =>
  credential.kind === 'client-certificate' ? header === '' : header === credential.header && isOneLine(value)

/** A line end in a header value would start another header. */
const isOneLine = (value: string): boolean => !/[\0\r\n]/.test(value)

const unavailable = (): Refusal => new Refusal('credential_unavailable')
