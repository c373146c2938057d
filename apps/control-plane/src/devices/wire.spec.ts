import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { isBundleFault, openBundle, openHeartbeat, openPackages } from '@writ/bundle'
import { openContentKey } from '@writ/credentials'
import { DiscoveryService } from '@nestjs/core'
import { joinedDevice } from '../testing/devices.ts'
import type { JoinedDevice } from '../testing/devices.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode, newNodeKey } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { routesIn } from '../openapi/routes.ts'
import { nameOf } from '../testing/route-visits.ts'
import { newestBundle, sessionOf } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import {
  batchOf,
  claimOf,
  givenDeviceWorld,
  headOf,
  PACKAGES,
  reportOf,
  visit,
  visitsOf,
} from './wire.fixture.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let gateway: JoinedNode
let acme: World
let beta: World
/** of the agent of acme */
let device: JoinedDevice

beforeAll(async () => {
  plane = await givenControlPlane()
  gateway = await joinedNode(plane)
  acme = await givenDeviceWorld(plane)
  beta = await givenDeviceWorld(plane)
  device = await joinedDevice(plane, acme.slug, acme.agent)
})
afterAll(() => plane?.close())

const get = (path: string) => device.ask('GET', `${device.at}/${path}`)
const post = (path: string, body: object) => device.ask('POST', `${device.at}/${path}`, body)

describe('the wire of a device', () => {
  it('has one visit in these specs for each of its routes, and no leases', async () => {
    const served = routesIn(plane.app.get(DiscoveryService)).filter(({ access }) => access === 'device')
    const visits = await visitsOf(plane, device, acme)
    expect(served.map(nameOf).sort()).toEqual(Object.keys(visits).sort())
    expect(served.filter(({ path }) => path.includes('lease'))).toEqual([])
  })

  it('gives the bundle of its tenant, with what is set for devices', async () => {
    await acme.ask('PATCH', 'tenant/hooks', { mode: 'observe' })
    const { body } = await get(`bundles/${acme.slug}`)
    const opened = await openBundle(body.bundle, device.bundleKeys, {
      tenant: acme.slug,
      version: 0,
      sha256: null,
    })
    expect(!isBundleFault(opened) && opened.bundle.hooks).toMatchObject({ mode: 'observe' })
  })

  it('gives the package intelligence that the bundle names, signed', async () => {
    const { intelligence } = (await newestBundle(plane, acme.slug)).hooks.packages
    const { body } = await get(`packages/${intelligence}`)
    expect(await openPackages(body.packages, device.bundleKeys, intelligence ?? '')).toEqual(PACKAGES)
  })

  it('tells of its own tenant’s changes at once, and of nobody else’s', async () => {
    const before = (await get('changes')).body
    const waiting = get(`changes?after=${before.seq}&waitSeconds=20`)
    await beta.ask('POST', 'access-groups', { name: 'of another tenant' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    const startedMs = performance.now()
    await acme.ask('POST', 'access-groups', { name: 'woken' })
    const { body } = await waiting
    expect(performance.now() - startedMs).toBeLessThan(3000)
    const { bundleVersion } = (await acme.ask('GET', 'tenant')).body
    expect(body.changes).toEqual([{ seq: body.seq, tenant: acme.slug, version: bundleVersion }])
    expect(await openHeartbeat(body.heartbeat, device.bundleKeys)).toMatchObject({ seq: body.seq })
    expect((await get(`changes?after=${body.seq}`)).body.changes).toEqual([])
  })

  it('gives the content key of its tenant, sealed to the device', async () => {
    const { body } = await post('content-keys', { tenant: acme.slug })
    const opened = await openContentKey(body.sealed, device.leaseKey.privateKey)
    expect(opened).toMatchObject({ tenant: acme.tenant })
    expect(await openContentKey(body.sealed, gateway.leaseKey.privateKey)).toBeNull()
  })

  it('takes word of what it did with a bundle, which shows at the devices and not at the gateways', async () => {
    const { bundleVersion: version } = (await acme.ask('GET', 'tenant')).body
    const answer = await post('acknowledgements', {
      tenant: acme.slug,
      version,
      outcome: 'applied',
      detail: '',
    })
    expect(answer.status).toBe(204)
    expect((await acme.ask('GET', `devices/${device.id}`)).body.appliedVersion).toBe(version)
    const gateways = (await acme.ask('GET', 'gateways')).body.items.map(({ id }: { id: string }) => id)
    expect([gateways.includes(gateway.id), gateways.includes(device.id)]).toEqual([true, false])
  })

  it('asks people about a local action, which they see as one', async () => {
    const claim = await claimOf(plane, acme)
    const { body: asked } = await post('approvals', claim)
    expect(asked.state).toBe('pending')
    const shown = await acme.ask('GET', `approvals/${asked.id}`)
    expect(shown.body.connection).toEqual({ id: null, name: 'local' })
    expect((await acme.ask('GET', 'approvals')).text).toContain(asked.id)
    await acme.ask('POST', `approvals/${asked.id}/approve`)
    expect((await post('approvals', claim)).body).toEqual({ state: 'approved', id: asked.id })
    expect((await post('approvals', claim)).body.state).toBe('pending')
  })

  it('ends a session of its own agent', async () => {
    const session = await sessionOf(plane, acme.slug, acme.agent)
    const end = { tenant: acme.slug, reason: 'policy says so' }
    expect((await post(`sessions/${session}/end`, end)).status).toBe(204)
    expect((await acme.ask('GET', `sessions/${session}`)).body).toMatchObject({
      endedBy: device.id,
      endedReason: 'policy says so',
    })
  })

  it('takes its records and heads, and says how far the ledger holds them', async () => {
    expect((await post('batches', batchOf(device, acme))).status).toBe(202)
    const head = headOf(device, acme.tenant)
    const kept = await post('heads', { heads: [head] })
    expect([kept.status, kept.body]).toEqual([200, { watermarks: [{ stream: head.stream, nextSeq: 0 }] }])
  })

  it('shows its tenant what servers list that its agent may use', async () => {
    expect((await post('catalogues', reportOf(acme))).status).toBe(204)
    const tools = await acme.ask('GET', `connections/${acme.connection}/tools`)
    expect(tools.text).toContain('seen')
  })
})

describe('a request of a device', () => {
  const changed = {
    'signed by another key': { key: newNodeKey() },
    'in the name of another node': { node: `nod_${'0'.repeat(26)}` },
    'signed for another method': { method: 'POST' },
    'signed over another body': { body: '{}' },
    'signed 61 seconds ago': { atMs: Date.now() - 61_000 },
    'signed for later': { atMs: Date.now() + 3_600_000 },
    'signed for the wire of the gateways': { path: '/internal/v1/changes' },
  }
  it.each(Object.entries(changed))('%s is refused', async (_, changes) => {
    const answer = await device.ask('GET', `${device.at}/changes`, undefined, changes)
    expect([answer.status, answer.body.detail]).toEqual([401, 'a valid key is required'])
  })

  it('that was signed for another tenant’s wire is refused', async () => {
    const path = `/t/${beta.slug}/device/v1/changes`
    const answer = await device.ask('GET', `${device.at}/changes`, undefined, { path })
    expect(answer.status).toBe(401)
  })

  it('is none of a gateway, whichever it is', async () => {
    for (const [name, request] of Object.entries(await visitsOf(plane, gateway, acme)))
      expect([name, (await visit({ ...gateway, at: device.at }, request)).status]).toEqual([name, 401])
  })
})

describe('the wire of the gateways', () => {
  it('is closed to a device, by every route', async () => {
    const routes = routesIn(plane.app.get(DiscoveryService)).filter(({ access }) => access === 'node')
    expect(routes.length).toBeGreaterThan(8)
    for (const { method, path } of routes) {
      const body = method === 'get' ? undefined : {}
      const answer = await device.ask(method.toUpperCase(), path.replaceAll(/:\w+/g, acme.slug), body)
      expect([path, answer.status]).toEqual([path, 401])
    }
  })

  it('asks about no local action', async () => {
    const claim = await claimOf(plane, acme)
    expect((await gateway.ask('POST', '/internal/v1/approvals', claim)).status).toBe(404)
    const onConnection = { ...claim, connection: acme.connection }
    expect((await gateway.ask('POST', '/internal/v1/approvals', onConnection)).status).toBe(200)
  })
})
