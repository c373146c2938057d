import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { Bundle } from '@writ/contracts'
import { createLeaseKey, openLease } from '@writ/credentials'
import { testAuthority } from '@writ/runtime/fixtures'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(30_000)

let plane: ControlPlane
let node: JoinedNode
let other: JoinedNode
let acme: World
let beta: World
/** of a platform that is not told that upstreams may be on loopback */
let production: ControlPlane
let key: string
let slug: string

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
  other = await joinedNode(plane)
  acme = await givenWorld(plane)
  beta = await givenWorld(plane)
  production = await givenControlPlane({
    environment: { WRIT_ALLOW_UPSTREAMS_OF_EVERY_TENANT_ON_LOOPBACK: 'no' },
  })
  const born = await production.newTenant()
  key = born.ownerKey.key
  slug = born.tenant.slug
})
afterAll(async () => {
  await plane?.close()
  await production?.close()
})

let made = 0
const connection = (change: object = {}) => ({
  name: `upstream-${(made += 1)}`,
  url: 'https://upstream.example/mcp',
  credential: { kind: 'none' },
  ...change,
})
const make = (world: World, change: object = {}): Promise<Answer> =>
  world.ask('POST', 'connections', connection({ groups: [world.defaultGroup], ...change }))
const makeHere = (change: object): Promise<Answer> =>
  production.ask('POST', '/api/v1/connections', { key, body: connection(change) })
const bundled = async (world: World, id: string): Promise<Bundle['connections'][number] | undefined> =>
  (await openedBundle(node, world.slug)).bundle.connections.find((one) => one.id === id)
const allow = (networks: unknown, by = OPERATOR_KEY): Promise<Answer> =>
  production.ask('PUT', `/api/v1/tenants/${slug}/upstream-networks`, { key: by, body: { networks } })

describe('the URL of an upstream', () => {
  it.each([
    'http://127.0.0.1/mcp',
    'http://127.1/mcp',
    'http://2130706433/mcp',
    'http://localhost:8080/mcp',
    'http://api.localhost/mcp',
    'http://LOCALHOST./mcp',
    'http://[::1]/mcp',
    'http://[::ffff:10.0.0.1]/mcp',
    'http://10.0.0.1/mcp',
    'http://192.168.1.1/mcp',
    'http://100.64.1.1/mcp',
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00:ec2::254]/mcp',
    'http://[64:ff9b::a9fe:a9fe]/mcp',
    'http://0.0.0.0/mcp',
    'http://224.0.0.1/mcp',
    'https://upstream.example:6379/mcp',
    'https://upstream.example:22/mcp',
  ])('is not %s, neither at first nor later', async (url) => {
    const refused = await makeHere({ url })
    expect([refused.status, refused.body.errors?.[0].path]).toEqual([422, 'url'])
    const good = await makeHere({})
    const changed = await production.ask('PATCH', `/api/v1/connections/${good.body.id}`, {
      key,
      body: { url },
    })
    expect(changed.status).toBe(422)
  })

  it.each([
    'https://upstream.example/mcp',
    'http://8.8.8.8/mcp',
    'https://localhost.example/mcp',
    'https://upstream.example:8443/',
  ])('may be %s', async (url) => expect((await makeHere({ url })).status).toBe(201))

  it('may be in private networks that the operator allowed, which gateways are told, and nobody else can allow any', async () => {
    expect((await allow(['10.1.0.0/16'], key)).status).toBe(401)
    const settings = { upstreamNetworks: ['10.1.0.0/16'] }
    expect((await production.ask('PATCH', '/api/v1/tenant', { key, body: settings })).status).toBe(400)
    expect((await makeHere({ url: 'http://10.1.2.3/mcp' })).status).toBe(422)
    const allowed = await allow(['10.1.0.0/16', 'fd12::/32'])
    expect([allowed.status, allowed.body.upstreamNetworks]).toEqual([200, ['10.1.0.0/16', 'fd12::/32']])
    const statuses = []
    for (const url of [
      'http://10.1.2.3/mcp',
      'http://[fd12::1]/mcp',
      'http://10.2.0.1/mcp',
      'http://127.0.0.1/mcp',
    ])
      statuses.push((await makeHere({ url })).status)
    expect(statuses).toEqual([201, 201, 422, 422])
    const here = await joinedNode(production)
    expect((await openedBundle(here, slug)).bundle.tenant.upstreamNetworks).toEqual([
      '10.1.0.0/16',
      'fd12::/32',
    ])
    const neighbour = await production.newTenant()
    expect((await openedBundle(here, neighbour.tenant.slug)).bundle.tenant).not.toHaveProperty(
      'upstreamNetworks',
    )
  })

  it.each(['127.0.0.0/8', '169.254.0.0/16', '0.0.0.0/0', '10.0.0.0/7', '8.8.8.0/24', '::/0', 'fe80::/10'])(
    'cannot be made to be in %s',
    async (network) => {
      const answer = await allow(['10.0.0.0/8', network])
      expect([answer.status, answer.body.errors?.[0].path]).toEqual([422, 'networks.1'])
    },
  )
})

const authority = testAuthority()
const SETTINGS = {
  timeouts: { connectMs: 500, firstByteMs: 1000, bodyMs: null },
  tls: { authorities: authority.cert, serverName: 'upstream.internal', minVersion: 'TLSv1.3' },
  sockets: 'principal',
}

describe('the settings of an upstream', () => {
  it('go to the gateways, where there are any', async () => {
    const plain = await make(acme)
    expect(plain.body).toMatchObject({ pinning: 'approval', upstream: { sockets: 'connection' } })
    expect(await bundled(acme, plain.body.id)).not.toHaveProperty('upstream')
    const set = await acme.ask('PATCH', `connections/${plain.body.id}`, { upstream: SETTINGS })
    expect([set.status, set.body.upstream]).toEqual([200, SETTINGS])
    expect((await bundled(acme, plain.body.id))?.upstream).toEqual(SETTINGS)
  })

  it.each([
    [400, 'upstream.timeouts.connectMs', { timeouts: { connectMs: 1 } }],
    [400, 'upstream.timeouts.firstByteMs', { timeouts: { firstByteMs: 86_400_000 } }],
    [400, 'upstream.tls.serverName', { tls: { serverName: '127.0.0.1' } }],
    [400, 'upstream.tls.serverName', { tls: { serverName: 'a b' } }],
    [400, 'upstream.tls.minVersion', { tls: { minVersion: 'TLSv1' } }],
    [400, 'upstream.tls.authorities', { tls: { authorities: authority.key } }],
    [400, 'upstream.tls.authorities', { tls: { authorities: authority.cert + authority.key } }],
    [
      422,
      'upstream.tls.authorities',
      { tls: { authorities: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' } },
    ],
  ])('are refused with %i %s', async (status, path, upstream) => {
    const answer = await make(acme, { upstream })
    expect([answer.status, answer.body.errors?.[0].path]).toEqual([status, path])
  })

  it('never switch the proof of an upstream off', async () => {
    for (const tls of [{ rejectUnauthorized: false }, { insecure: true }, { skipVerify: true }])
      expect((await make(acme, { upstream: { tls } })).status).toBe(400)
  })
})

describe('a client certificate', () => {
  const mine = authority.issue('gateway.internal')
  const credential = { kind: 'client-certificate', certificates: mine.cert, key: mine.key }

  it('goes to the gateways without its key, which is lent as every secret is', async () => {
    const { status, body, text } = await make(acme, { credential })
    expect([status, body.credential]).toEqual([
      201,
      { kind: 'client-certificate', header: null, certificates: mine.cert, version: 1 },
    ])
    expect(text).not.toContain('PRIVATE KEY')
    const told = await bundled(acme, body.id)
    expect(told?.credential).toEqual({ kind: 'client-certificate', certificates: mine.cert, version: 1 })
    const lease = await node.ask('POST', '/internal/v1/leases', {
      tenant: acme.tenant,
      connection: body.id,
      credentialVersion: 1,
      agent: acme.agent.id,
      session: acme.session,
      decision: 'dec_01J00000000000000000000000',
    })
    const opened = await openLease(lease.body.lease, node.leaseKey.privateKey)
    expect(opened).toMatchObject({ header: '', value: mine.key, origin: 'https://upstream.example' })
    await expect(openLease(lease.body.lease, createLeaseKey().privateKey)).resolves.not.toHaveProperty(
      'value',
    )
  })

  it('is nowhere in the database as it came, nor in the log or the audit', async () => {
    const secretLine = mine.key.split('\n')[1] ?? ''
    await make(acme, { credential })
    expect(secretLine.length).toBeGreaterThan(20)
    expect(plane.logged()).not.toContain(secretLine)
    const rows = await plane.query(`select administration from writ.administration_events`)
    expect(JSON.stringify(rows)).not.toContain(secretLine)
    const sealed = await plane.query(`select encode(sealed_secret, 'escape') as text from writ.connections`)
    expect(JSON.stringify(sealed)).not.toContain(secretLine)
  })

  it.each([
    ['with the key of another one', 422, 'credential.key', { key: authority.issue('other').key }],
    [
      'that is none',
      422,
      'credential.key',
      { certificates: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
    ],
    ['with a key in the place of certificates', 400, 'credential.certificates', { certificates: mine.key }],
    ['with certificates in the place of the key', 400, 'credential.key', { key: mine.cert }],
  ])('%s is not taken', async (_, status, path, change) => {
    const answer = await make(acme, { credential: { ...credential, ...change } })
    expect([answer.status, answer.body.errors?.[0].path]).toEqual([status, path])
  })

  it('is not shown over plain http, neither at first nor later', async () => {
    expect((await make(acme, { credential, url: 'http://upstream.example/mcp' })).status).toBe(422)
    const { body } = await make(acme, { credential })
    const changed = await acme.ask('PATCH', `connections/${body.id}`, { url: 'http://upstream.example/mcp' })
    expect([changed.status, changed.body.errors?.[0].path]).toEqual([422, 'credential.kind'])
  })
})

const report = (by: JoinedNode, of: string, change: object = {}) =>
  by.ask('POST', '/internal/v1/upstreams', {
    tenant: acme.slug,
    connection: of,
    credentialVersion: 1,
    state: 'working',
    failure: null,
    atMs: Date.now(),
    ...change,
  })
const healthOf = async (id: string) => (await acme.ask('GET', `connections/${id}`)).body.health

describe('how an upstream fares', () => {
  const REFUSED = { code: 'credential_refused', detail: 'the upstream did not take the credential' }
  const KEYED = { credential: { kind: 'api-key', secret: 'a-secret-of-a-spec' } }

  it('is unknown until a gateway has called it', async () => {
    const { body } = await make(acme)
    expect(body.health).toEqual({ state: 'unknown', failure: null, gateways: [], since: null })
  })

  it('is what gateways say, the worst of it first, and with the credential that it has now', async () => {
    const { body } = await make(acme, KEYED)
    expect((await report(node, body.id)).status).toBe(204)
    expect(await healthOf(body.id)).toMatchObject({ state: 'working', failure: null, gateways: [node.id] })
    await report(other, body.id, { state: 'needs_credential', failure: REFUSED })
    expect(await healthOf(body.id)).toMatchObject({
      state: 'needs_credential',
      failure: REFUSED,
      gateways: [other.id],
    })
    await acme.ask('PATCH', `connections/${body.id}`, KEYED)
    expect((await healthOf(body.id)).state).toBe('unknown')
    await report(node, body.id, { state: 'needs_credential', failure: REFUSED })
    expect((await healthOf(body.id)).state).toBe('unknown')
    await report(node, body.id, { credentialVersion: 2 })
    expect((await healthOf(body.id)).state).toBe('working')
    await acme.ask('PATCH', `connections/${body.id}`, { credential: { kind: 'none' } })
    expect((await healthOf(body.id)).state).toBe('unknown')
    await report(node, body.id, { credentialVersion: 0 })
    expect((await healthOf(body.id)).state).toBe('working')
  })

  it('says since when, and never a moment that is still to come', async () => {
    const { body } = await make(acme)
    const failing = { credentialVersion: 0, state: 'failing', failure: REFUSED }
    await report(node, body.id, { ...failing, atMs: 1_700_000_000_000 })
    await report(node, body.id, { ...failing, atMs: 1_700_000_009_000 })
    expect((await healthOf(body.id)).since).toBe('2023-11-14T22:13:20.000Z')
    await report(node, body.id, { credentialVersion: 0, atMs: Date.now() + 86_400_000 })
    expect(Date.parse((await healthOf(body.id)).since)).toBeLessThanOrEqual(Date.now())
  })

  it('is forgotten when the upstream becomes another one', async () => {
    const { body } = await make(acme)
    await report(node, body.id, { credentialVersion: 0, state: 'failing', failure: REFUSED })
    await acme.ask('PATCH', `connections/${body.id}`, { url: 'https://another.example/mcp' })
    expect((await healthOf(body.id)).state).toBe('unknown')
  })

  it('is told of one tenant only by its own connections, and by gateways only', async () => {
    const { body } = await make(beta)
    expect((await report(node, body.id, { credentialVersion: 0 })).status).toBe(404)
    expect((await report(node, body.id, { tenant: 'nobody-of-this-name' })).status).toBe(404)
    const unsigned = await plane.ask('POST', '/internal/v1/upstreams', { key: acme.key, body: {} })
    expect(unsigned.status).toBe(401)
    const health = (await beta.ask('GET', `connections/${body.id}`)).body.health
    expect(health.state).toBe('unknown')
  })
})
