import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { Bundle, LeaseRequest, LeaseSecret } from '@writ/contracts'
import { HOOKS_BY_DEFAULT, formatId, isRefusal, Refusal } from '@writ/contracts'
import type { Allowed, Asked, Lease } from '@writ/enforcement'
import { allow, currentBundleOf } from '@writ/enforcement'
import type { BrokerPorts, LeaseStore } from './broker.ts'
import { createCredentialBroker, NO_LEASE_STORE } from './broker.ts'
import { createLeaseKey, openLease, sealLease } from './lease.ts'

const NOW = Date.UTC(2026, 10, 21)
const RENEW_MS = 60_000
const EXPIRE_MS = 600_000
const node = createLeaseKey()
const id = <P extends Parameters<typeof formatId>[0]>(prefix: P) => formatId(prefix, NOW, randomBytes(10))
const IDS = {
  tenant: id('ten'),
  connection: id('con'),
  agent: id('agt'),
  human: id('hum'),
  session: id('ses'),
}

describe('createCredentialBroker', () => {
  it('lends the credential that the control plane sealed for this call', async () => {
    const { broker, requests } = given()
    const call = allowed()
    expect(await broker.lease(call)).toMatchObject({
      kind: 'header',
      secret: { value: 'value-1', header: 'x-api-key' },
    })
    expect(requests).toEqual([
      {
        tenant: IDS.tenant,
        connection: IDS.connection,
        credentialVersion: 1,
        agent: IDS.agent,
        session: IDS.session,
        decision: call.received.decisionId,
      },
    ])
  })

  it('asks for nothing where the upstream wants no credential', async () => {
    const { broker, requests } = given()
    expect(await broker.lease(allowed({ credential: { kind: 'none' } }))).toEqual({ kind: 'none' })
    expect(requests).toEqual([])
  })

  it('lends the same lease again until it is to be renewed', async () => {
    const { broker, requests, clock } = given()
    const first = await broker.lease(allowed())
    clock.nowMs += RENEW_MS - 1
    expect(await broker.lease(allowed())).toBe(first)
    expect(requests).toHaveLength(1)
  })

  it.each<[string, Partial<Given>]>([
    ['tenant', { tenant: id('ten') }],
    ['connection', { connection: id('con') }],
    ['credential version', { version: 2 }],
    ['agent', { agent: id('agt') }],
    ['session', { session: id('ses') }],
  ])('never shares a lease with another %s', async (_, other) => {
    const { broker, requests } = given()
    const first = await broker.lease(allowed())
    const second = await broker.lease(allowed(other))
    expect(requests).toHaveLength(2)
    expect(second).not.toBe(first)
    expect(valueOf(second)).toBe('value-2')
  })

  it('renews while the old lease serves, so that nobody waits', async () => {
    const { broker, requests, clock } = given()
    await broker.lease(allowed())
    clock.nowMs += RENEW_MS
    expect(valueOf(await broker.lease(allowed()))).toBe('value-1')
    while (valueOf(await broker.lease(allowed())) === 'value-1') await settled()
    expect(valueOf(await broker.lease(allowed()))).toBe('value-2')
    expect(requests).toHaveLength(2)
  })

  it('asks once for calls that come at once', async () => {
    const { broker, requests } = given()
    const leases = await Promise.all(Array.from({ length: 20 }, () => broker.lease(allowed())))
    expect(requests).toHaveLength(1)
    expect(new Set(leases).size).toBe(1)
  })

  it('renews once for calls that come at once', async () => {
    const { broker, requests, clock } = given()
    await broker.lease(allowed())
    clock.nowMs += RENEW_MS
    await Promise.all(Array.from({ length: 20 }, () => broker.lease(allowed())))
    await settled()
    expect(requests).toHaveLength(2)
  })

  it('keeps lending until the lease expires while the control plane is away, and not a moment longer', async () => {
    const { broker, clock, plane } = given()
    await broker.lease(allowed())
    plane.answer = unreachable
    clock.nowMs = NOW + EXPIRE_MS - 1
    expect(valueOf(await broker.lease(allowed()))).toBe('value-1')
    await settled()
    expect(valueOf(await broker.lease(allowed()))).toBe('value-1')
    clock.nowMs = NOW + EXPIRE_MS
    expect(await broker.lease(allowed())).toMatchObject({ code: 'credential_unavailable' })
  })

  it('pauses between attempts to renew while the control plane is away', async () => {
    const { broker, requests, clock, plane } = given()
    await broker.lease(allowed())
    plane.answer = unreachable
    clock.nowMs += RENEW_MS
    for (let call = 0; call < 5; call += 1) {
      await broker.lease(allowed())
      await settled()
    }
    expect(requests).toHaveLength(2)
    clock.nowMs += 5_000
    await broker.lease(allowed())
    await settled()
    expect(requests).toHaveLength(3)
  })

  it('takes a rejection for a control plane that is away', async () => {
    const { broker, clock, plane } = given()
    await broker.lease(allowed())
    plane.answer = async () => {
      throw new Error('socket hang up')
    }
    clock.nowMs += RENEW_MS
    await broker.lease(allowed())
    await settled()
    expect(valueOf(await broker.lease(allowed()))).toBe('value-1')
    expect(await broker.lease(allowed({ session: id('ses') }))).toMatchObject({
      code: 'credential_unavailable',
    })
  })

  it('stops lending when the control plane says no', async () => {
    const { broker, clock, plane, kept } = given()
    await broker.lease(allowed())
    plane.answer = async () => new Refusal('connection_forbidden')
    clock.nowMs += RENEW_MS
    await broker.lease(allowed())
    await settled()
    expect(await broker.lease(allowed())).toMatchObject({ code: 'connection_forbidden' })
    expect(kept.size).toBe(0)
  })

  it('asks again after a failure', async () => {
    const { broker, plane } = given()
    const works = plane.answer
    plane.answer = unreachable
    expect(await broker.lease(allowed())).toMatchObject({ code: 'credential_unavailable' })
    plane.answer = works
    expect(valueOf(await broker.lease(allowed()))).toBe('value-2')
  })

  it.each<[string, Partial<LeaseSecret>]>([
    ['tenant', { tenant: id('ten') }],
    ['connection', { connection: id('con') }],
    ['version', { version: 9 }],
    ['origin', { origin: 'https://elsewhere.example' }],
    ['port', { origin: 'https://tools.example:8443' }],
    ['scheme', { origin: 'http://tools.example' }],
    ['header', { header: 'authorization' }],
    ['value with a line end', { value: 'a\r\nx-evil: 1' }],
    ['time: expired', { expiresAtMs: NOW }],
  ])('does not use a lease for another %s', async (_, wrong) => {
    const { broker } = given({ lease: wrong })
    expect(await broker.lease(allowed())).toMatchObject({ code: 'credential_unavailable' })
  })

  it('lends the key of a client certificate as what it is, and neither in the place of the other', async () => {
    const credential = { kind: 'client-certificate', certificates: 'PEM', version: 1 } as const
    const key = { header: '', value: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' }
    const lease = await given({ lease: key }).broker.lease(allowed({ credential }))
    expect(lease).toMatchObject({ kind: 'client-certificate', secret: key })
    expect(await given().broker.lease(allowed({ credential }))).toMatchObject({
      code: 'credential_unavailable',
    })
    expect(await given({ lease: key }).broker.lease(allowed())).toMatchObject({
      code: 'credential_unavailable',
    })
  })

  it('does not use a lease that is sealed to another node', async () => {
    const { broker } = given({ sealTo: createLeaseKey().publicJwk })
    expect(await broker.lease(allowed())).toMatchObject({ code: 'credential_unavailable' })
  })

  it('forgets the lease that was unused for longest when it holds too many', async () => {
    const { broker, requests } = given({ ports: { capacity: 2 } })
    const [a, b, c] = [allowed(), allowed({ session: id('ses') }), allowed({ session: id('ses') })]
    for (const call of [a, b, a, c, a]) await broker.lease(call)
    expect(requests).toHaveLength(3)
    await broker.lease(b)
    expect(requests).toHaveLength(4)
  })
})

describe('a gateway that restarts while the control plane is away', () => {
  it('lends what it kept until it expires, under pauses', async () => {
    const before = given()
    await before.broker.lease(allowed())
    const after = given({ kept: before.kept, clock: before.clock })
    after.plane.answer = unreachable
    expect(valueOf(await after.broker.lease(allowed()))).toBe('value-1')
    expect(valueOf(await after.broker.lease(allowed()))).toBe('value-1')
    expect(after.requests).toHaveLength(1)
    before.clock.nowMs = NOW + EXPIRE_MS
    expect(await after.broker.lease(allowed())).toMatchObject({ code: 'credential_unavailable' })
  })

  it('prefers a new lease when the control plane is there', async () => {
    const before = given()
    await before.broker.lease(allowed())
    const after = given({ kept: before.kept, lease: { value: 'renewed' } })
    expect(valueOf(await after.broker.lease(allowed()))).toBe('renewed')
  })

  it('keeps sealed leases only, and never for another session', async () => {
    const before = given()
    await before.broker.lease(allowed())
    expect(JSON.stringify([...before.kept])).not.toContain('value-1')
    const after = given({ kept: before.kept })
    after.plane.answer = unreachable
    expect(await after.broker.lease(allowed({ session: id('ses') }))).toMatchObject({
      code: 'credential_unavailable',
    })
  })

  it('does not use a kept lease that was moved to another caller', async () => {
    const before = given()
    await before.broker.lease(allowed())
    const [stolen = ''] = before.kept.values()
    const after = given({ store: { ...NO_LEASE_STORE, read: async () => stolen } })
    after.plane.answer = unreachable
    expect(await after.broker.lease(allowed({ tenant: id('ten') }))).toMatchObject({
      code: 'credential_unavailable',
    })
  })

  it('lends although the store is broken', async () => {
    const { broker } = given({ store: { read: broken, write: broken, remove: broken } })
    expect(valueOf(await broker.lease(allowed()))).toBe('value-1')
  })
})

const broken = async () => {
  throw new Error('disk full')
}
const unreachable = async () => new Refusal('credential_unavailable')
const settled = async () => new Promise<void>((resolve) => setTimeout(resolve, 25))
const valueOf = (lease: Lease | Refusal): string =>
  isRefusal(lease) ? lease.code : lease.kind === 'none' ? 'none' : lease.secret.value

type Setting = {
  readonly lease?: Partial<LeaseSecret>
  readonly sealTo?: typeof node.publicJwk
  readonly kept?: Map<string, string>
  readonly clock?: { nowMs: number }
  readonly store?: LeaseStore
  readonly ports?: Partial<BrokerPorts>
}

/** A broker before a small control plane that seals to the real lease key; the n-th lease has the value `value-n`. */
function given({
  lease = {},
  sealTo = node.publicJwk,
  kept = new Map(),
  clock = { nowMs: NOW },
  store,
  ports,
}: Setting = {}) {
  const requests: LeaseRequest[] = []
  const seal = async (request: LeaseRequest): Promise<string | Refusal> =>
    sealLease(
      {
        tenant: request.tenant,
        connection: request.connection,
        version: request.credentialVersion,
        origin: 'https://tools.example',
        header: 'x-api-key',
        value: `value-${requests.length}`,
        renewAtMs: clock.nowMs + RENEW_MS,
        expiresAtMs: clock.nowMs + EXPIRE_MS,
        ...lease,
      },
      sealTo,
    )
  const plane = { answer: seal }
  const broker = createCredentialBroker({
    requestLease: async (request) => {
      requests.push(request)
      return plane.answer(request)
    },
    openLease: (sealed) => openLease(sealed, node.privateKey),
    nowMs: () => clock.nowMs,
    store: store ?? {
      read: async (key) => kept.get(key) ?? null,
      write: async (key, sealed) => void kept.set(key, sealed),
      remove: async (key) => void kept.delete(key),
    },
    ...ports,
  })
  return { broker, requests, clock, plane, kept }
}

type Given = {
  readonly tenant: typeof IDS.tenant
  readonly connection: typeof IDS.connection
  readonly agent: typeof IDS.agent
  readonly session: typeof IDS.session
  readonly version: number
  readonly credential: Bundle['connections'][number]['credential']
}

function allowed(other: Partial<Given> = {}): Allowed {
  const { tenant, connection, agent, session, version } = { ...IDS, version: 1, ...other }
  const group = id('grp')
  const asked: Asked = {
    channel: 'gateway',
    callerUnder: () => new Refusal('token_revoked'),
    received: {
      decisionId: id('dec'),
      verb: 'POST',
      tenantSlug: 'acme',
      connectionName: 'tools',
      resource: 'https://gateway.example/acme/tools/mcp',
      headers: new Map(),
      body: new Uint8Array(),
      atMs: NOW,
      source: '192.0.2.1',
      hangUp: new AbortController().signal,
    },
    current: currentBundleOf(emptyBundle(tenant), 'f'.repeat(64), () => true),
    caller: {
      tenantId: tenant,
      agent: { id: agent, name: 'assistant', groups: [group] },
      human: { id: IDS.human, name: 'Ada', groups: [group] },
      delegators: [],
      session,
      parentSession: null,
      authorizations: null,
      keyThumbprint: 'x'.repeat(43),
      expiresAt: NOW / 1000 + 300,
    },
    connection: {
      id: connection,
      name: 'tools',
      url: 'https://tools.example/mcp',
      credential: other.credential ?? { kind: 'api-key', header: 'x-api-key', version },
      groups: [group],
      toolClasses: {},
      trust: 'external',
      annotationsTrusted: false,
      suspended: false,
      tools: [],
    },
    message: { kind: 'request', id: 1, method: 'tools/call', params: { name: 'echo' }, tree: {} },
    row: {
      inspect: 'arguments',
      named: 'name',
      effect: true,
      era: 'both',
      from: 'client',
      byDefault: 'asked',
    },
    action: {
      method: 'tools/call',
      tool: 'echo',
      class: 'read.private',
      classSource: 'default',
      resource: 'echo',
    },
    args: {},
    tool: { pin: 'unknown', annotations: {} },
  }
  const decision = {
    outcome: 'allow',
    matches: [],
    signals: [],
    modified: false,
    content: {},
    byDefault: false,
    labels: [],
    ask: null,
  } as const
  const gate = allow(asked, decision, new Uint8Array())
  if (isRefusal(gate)) throw new Error('an allow passes')
  return gate
}

const emptyBundle = (tenant: typeof IDS.tenant): Bundle => ({
  format: 'writ.bundle.v1',
  tenant: {
    id: tenant,
    slug: 'acme',
    epoch: 0,
    suspended: false,
    bodyDigestRequired: false,
    nonceRequired: false,
    requestsPerSecond: 1000,
    recordsFull: false,
  },
  version: 1,
  issuedAt: new Date(NOW).toISOString(),
  issuer: 'https://id.example/t/acme/oauth',
  issuerKeys: [{ kid: `${tenant}:1`, key: node.publicJwk }],
  defaultGroup: id('grp'),
  groups: [],
  agents: [],
  humans: [],
  revokedSessions: [],
  revokedTokens: [],
  connections: [],
  policies: [],
  overrides: [],
  hooks: HOOKS_BY_DEFAULT,
})
