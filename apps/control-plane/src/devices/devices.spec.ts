import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { isFault, openBatch } from '@writ/audit'
import type { StreamBatch } from '@writ/contracts'
import { createTenantScope, ingestBatch, openDatabase, PlatformQueries } from '@writ/postgres'
import { administrationsOf } from '../testing/administrations.ts'
import { enrolledAgent } from '../testing/agents.ts'
import { joinedDevice } from '../testing/devices.ts'
import type { JoinedDevice } from '../testing/devices.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { batchOf, headOf, visit, visitsOf } from './wire.fixture.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let acme: World

beforeAll(async () => {
  plane = await givenControlPlane()
  acme = await givenWorld(plane)
})
afterAll(() => plane?.close())

const newDevice = () => joinedDevice(plane, acme.slug, acme.agent)
const remove = (device: JoinedDevice) => acme.ask('DELETE', `devices/${device.id}`)

/** A key of a developer. */
async function keyOf(human: string): Promise<string> {
  const { body } = await acme.ask('POST', 'api-keys', { name: 'dev', role: 'developer', human })
  return body.key
}

/** As the worker does, which may come to a batch when its device is revoked already. */
async function takeIntoLedger(batch: StreamBatch): Promise<void> {
  const worker = await openDatabase(plane.workerUrl, { poolSize: 1, applicationName: 'devices spec' })
  const publicKey = await new PlatformQueries(worker).nodeKeyOf(batch.node)
  const records = openBatch(batch, publicKey ?? '')
  if (isFault(records)) throw new Error(records.message)
  await ingestBatch(createTenantScope(worker), { batch, records })
  await worker.close()
}

describe('the devices of a tenant', () => {
  it('are listed with whose they are, and what they say of themselves', async () => {
    const device = await newDevice()
    const { body } = await acme.ask('GET', 'devices')
    expect(body.items).toContainEqual({
      id: device.id,
      name: 'laptop',
      agent: { id: acme.agent.id, name: expect.any(String) },
      build: 'writ spec',
      joinedAt: expect.any(String),
      lastSeenAt: expect.any(String),
      appliedVersion: null,
      refused: null,
      revokedAt: null,
      revokedBy: null,
    })
    const first = await acme.ask('GET', 'devices?limit=1')
    await newDevice()
    expect(first.body.items).toHaveLength(1)
    expect((await acme.ask('GET', 'devices?limit=1')).body.next).toBe(first.body.items[0].id)
  })

  it('show to a developer where they are of their own agents, and are theirs to revoke', async () => {
    const other = await enrolledAgent(plane, acme.slug, acme.key)
    const theirs = await joinedDevice(plane, acme.slug, other)
    const mine = await newDevice()
    const key = await keyOf(acme.agent.human)
    const { body } = await plane.ask('GET', '/api/v1/devices', { key })
    const shown = body.items.map(({ id }: { id: string }) => id)
    expect([shown.includes(mine.id), shown.includes(theirs.id)]).toEqual([true, false])
    const asDeveloper = (method: string, { id }: JoinedDevice) =>
      plane.ask(method, `/api/v1/devices/${id}`, { key })
    expect((await asDeveloper('GET', theirs)).status).toBe(404)
    expect((await asDeveloper('DELETE', theirs)).status).toBe(404)
    expect((await theirs.ask('GET', `${theirs.at}/changes`)).status).toBe(200)
    expect((await asDeveloper('DELETE', mine)).status).toBe(204)
  })
})

describe('a device that is revoked', () => {
  it('is nobody from that moment on, by every route, also where it waits', async () => {
    const device = await newDevice()
    const visits = Object.entries(await visitsOf(plane, device, acme))
    const { seq } = (await device.ask('GET', `${device.at}/changes`)).body
    const waiting = device.ask('GET', `${device.at}/changes?after=${seq}&waitSeconds=20`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await remove(device)).status).toBe(204)
    expect((await waiting).status).toBe(403)
    for (const [name, request] of visits)
      expect([name, (await visit(device, request)).status]).toEqual([name, 401])
  })

  it('leaves other devices of its agent, and the agent, as they are', async () => {
    const [one, other] = [await newDevice(), await newDevice()]
    await remove(one)
    expect((await other.ask('GET', `${other.at}/changes`)).status).toBe(200)
    expect((await acme.ask('GET', `agents/${acme.agent.id}`)).body.status).toBe('enrolled')
  })

  it('stays in the list, and its streams in the evidence with its key', async () => {
    const device = await newDevice()
    const head = headOf(device, acme.tenant)
    await device.ask('POST', `${device.at}/heads`, { heads: [head] })
    const batch = batchOf(device, acme)
    expect((await device.ask('POST', `${device.at}/batches`, batch)).status).toBe(202)
    await remove(device)
    await takeIntoLedger(batch)
    expect((await acme.ask('GET', 'records')).text).toContain(batch.stream)
    const shown = await acme.ask('GET', `devices/${device.id}`)
    expect(shown.body).toMatchObject({
      revokedAt: expect.any(String),
      revokedBy: expect.stringMatching(/^wak_/),
    })
    const { body } = await acme.ask('GET', 'records/evidence')
    expect(body.nodes.map(({ node }: { node: string }) => node)).toContain(device.id)
    expect(body.streams.map(({ stream }: { stream: string }) => stream)).toContain(head.stream)
  })

  it('is on the record, as it was and as it is', async () => {
    const device = await newDevice()
    await remove(device)
    const [event] = await administrationsOf(plane, acme.slug)
    expect(event).toMatchObject({
      permission: 'agents.write',
      route: 'DELETE /api/v1/devices/{id}',
      target: device.id,
      before: { name: 'laptop', revokedAt: null },
      after: { revokedAt: expect.any(String) },
    })
    expect((await remove(device)).status).toBe(204)
  })

  it('goes with its tenant, and what it recorded stays', async () => {
    const world = await givenWorld(plane)
    const device = await joinedDevice(plane, world.slug, world.agent)
    await device.ask('POST', `${device.at}/heads`, { heads: [headOf(device, world.tenant)] })
    await world.ask('POST', 'tenant/suspend')
    expect((await world.ask('DELETE', 'tenant', { slug: world.slug })).status).toBe(200)
    expect((await device.ask('POST', `${device.at}/batches`, batchOf(device, world))).status).toBe(401)
    const kept = await plane.query('select 1 from writ.streams where node_id = $1', [device.id])
    expect(kept).toHaveLength(1)
  })
})
