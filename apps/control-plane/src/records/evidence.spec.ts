import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { openDatabase } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createTestNode } from '@writ/postgres/testing'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { arrive } from './desk.fixture.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let worker: Database

beforeAll(async () => {
  plane = await givenControlPlane()
  worker = await openDatabase(plane.workerUrl, { poolSize: 1, applicationName: 'evidence spec' })
})
afterAll(async () => {
  await worker?.close()
  await plane?.close()
})

const bothOf = (world: World): Promise<Answer[]> =>
  Promise.all([world.ask('GET', 'records/evidence'), world.ask('POST', 'records/verify')])
const statusesOf = async (world: World) => (await bothOf(world)).map(({ status }) => status)

describe('evidence', () => {
  it('is of as many records as one answer holds, and says beyond them that a pack does', async () => {
    const world = await givenWorld(plane)
    await arrive(plane, worker, world.tenant, [{}, {}])
    const grow = (size: number) =>
      plane.query('update writ.tenant_logs set size = $1 where tenant_id = $2', [size, world.tenant])
    await grow(25_000)
    expect(await statusesOf(world)).toEqual([200, 200])
    await grow(25_001)
    for (const { status, body } of await bothOf(world))
      expect([status, body.title, body.detail]).toEqual([
        409,
        'Conflict',
        expect.stringMatching(/^the log has 25001 records .* ask for a pack$/),
      ])
    expect((await world.ask('GET', 'records')).status).toBe(200)
  })

  it('is not of more bytes than one answer holds either', async () => {
    const world = await givenWorld(plane)
    await arrive(plane, worker, world.tenant, [{}])
    const more = (from: number, count: number) =>
      plane.query(
        `insert into writ.records (tenant_id, leaf_index, stream_no, seq, bytes, decision_id, kind, outcome, occurred_at)
           select tenant_id, leaf_index + no, stream_no, seq + no, convert_to(repeat('x', 65536), 'UTF8'), 'dec', 'closed', 'allow', now()
             from writ.records, generate_series($2::int, $3::int) no where tenant_id = $1 and leaf_index = 0`,
        [world.tenant, from, from + count - 1],
      )
    await more(1, 500)
    expect(await statusesOf(world)).toEqual([200, 200])
    await more(501, 20)
    expect(await statusesOf(world)).toEqual([409, 409])
  })

  it('is not of more streams than one answer holds either', async () => {
    const world = await givenWorld(plane)
    const node = createTestNode()
    await plane.query(
      `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test')`,
      [node.id, node.publicKey],
    )
    await plane.query(
      `insert into writ.streams (tenant_id, id, node_id)
         select $1, $2 || ':boo_' || lpad(no::text, 26, '0') || ':' || $1, $2 from generate_series(1, 25001) no`,
      [world.tenant, node.id],
    )
    expect(await statusesOf(world)).toEqual([409, 409])
  })

  it('is read for one tenant twice at once, and not more often', async () => {
    const world = await givenWorld(plane)
    const statuses = (await Promise.all([bothOf(world), bothOf(world), bothOf(world)])).flat()
    expect(statuses.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 200, 429]))
    expect(await statusesOf(world)).toEqual([200, 200])
  })
})
