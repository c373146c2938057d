import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createTenantScope, ingestBatch, openDatabase } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import { administrationsOf } from '../testing/administrations.ts'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { RecordsKept } from './records-kept.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let node: JoinedNode
let worker: Database

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
  worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'records kept spec' })
})
afterAll(async () => {
  await worker?.close()
  await plane?.close()
})

/** So many records arrive, of a node that nobody may hold up. */
async function arrive({ tenant }: World, count: number): Promise<string | undefined> {
  const sender = createTestNode()
  await plane.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test')`,
    [sender.id, sender.publicKey],
  )
  const stream = createTestStream(sender, tenant, count)
  const { outcome } = await ingestBatch(createTenantScope(worker), stream.opened(0, count))
  return outcome
}
const limit = ({ slug }: World, records: number) =>
  plane.ask('PATCH', `/api/v1/tenants/${slug}/limits`, { key: OPERATOR_KEY, body: { records } })
const view = async ({ ask }: World) => (await ask('GET', 'tenant')).body
const isFull = async ({ slug }: World): Promise<boolean> =>
  (await openedBundle(node, slug)).bundle.tenant.recordsFull
const look = () => plane.app.get(RecordsKept).settlePending()

/** A tenant whose ledger keeps so many records. */
async function holding(records: number): Promise<World> {
  const world = await givenWorld(plane)
  await arrive(world, records)
  return world
}
/** Records of what administrators do arrive, too, while a spec runs. */
const ROOM = 1000

describe('the limit of records', () => {
  it('is far away for a new tenant, and shown with what there is', async () => {
    const world = await holding(3)
    const { limits, records } = await view(world)
    expect([limits.records, records.mark]).toEqual([50_000_000, 'none'])
    expect(records.kept).toBeGreaterThanOrEqual(3)
  })

  it('is set by the operator only', async () => {
    const world = await givenWorld(plane)
    expect((await world.ask('PATCH', 'tenant', { records: 5 })).status).toBe(400)
    expect((await limit(world, 0)).status).toBe(400)
  })

  it('is marked from nine tenths on', async () => {
    const world = await holding(ROOM)
    await limit(world, Math.floor(((await view(world)).records.kept + 10) / 0.9))
    expect((await view(world)).records.mark).toBe('none')
    await arrive(world, 20)
    expect((await view(world)).records.mark).toBe('near')
    await look()
    expect(await isFull(world)).toBe(false)
  })

  it('is in the bundle once it is reached, and on the record', async () => {
    const world = await holding(5)
    await limit(world, ROOM)
    expect(await isFull(world)).toBe(false)
    await arrive(world, ROOM)
    await look()
    expect([await isFull(world), (await view(world)).records.mark]).toEqual([true, 'full'])
    const [event] = await administrationsOf(plane, world.slug)
    expect(event).toMatchObject({
      by: { kind: 'platform', id: 'records' },
      after: { limit: ROOM, mark: 'full' },
    })
    const before = (await openedBundle(node, world.slug)).bundle.version
    await look()
    expect((await openedBundle(node, world.slug)).bundle.version).toBe(before)
  })

  it('never keeps out what was done by then', async () => {
    const world = await holding(5)
    await limit(world, 5)
    await look()
    expect(await arrive(world, 4)).toBe('ingested')
    expect((await view(world)).records.kept).toBeGreaterThanOrEqual(9)
  })

  it('counts at once where the operator lowers it, and no longer where they raise it', async () => {
    const world = await holding(5)
    expect((await limit(world, 5)).body).toMatchObject({ limits: { records: 5 }, records: { mark: 'full' } })
    expect(await isFull(world)).toBe(true)
    await limit(world, ROOM)
    expect(await isFull(world)).toBe(false)
  })

  it("is one tenant's, and also that of a suspended one", async () => {
    const [full, other] = [await holding(5), await holding(5)]
    await limit(full, ROOM)
    await full.ask('POST', 'tenant/suspend')
    await arrive(full, ROOM)
    await look()
    expect([await isFull(full), await isFull(other)]).toEqual([true, false])
  })

  it('is looked after by the control plane that leads, without being asked', async () => {
    const world = await holding(5)
    await limit(world, ROOM)
    await arrive(world, ROOM)
    const deadlineMs = Date.now() + 20_000
    while (!(await isFull(world)) && Date.now() < deadlineMs)
      await new Promise((wait) => setTimeout(wait, 100))
    expect(await isFull(world)).toBe(true)
  })
})
