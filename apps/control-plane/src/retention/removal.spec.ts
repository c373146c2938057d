import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { Client } from 'pg'
import { arrive } from '../records/desk.fixture.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { LogSealer } from '../transparency/log-sealer.ts'
import { HoldsService } from './holds.service.ts'
import { Removal } from './removal.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let worker: Database

beforeAll(async () => {
  plane = await givenControlPlane()
  worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'removal spec' })
})
afterAll(async () => {
  await worker?.close()
  await plane?.close()
})

async function asOwner({ tenant }: World, ...statements: readonly string[]): Promise<void> {
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [tenant])
  await owner.query('set session_replication_role = replica')
  for (const statement of statements) await owner.query(statement, [tenant])
  await owner.end()
}

/** A tenant all of whose records came five years ago, and are looked at now. */
async function givenOld(): Promise<World> {
  const world = await givenWorld(plane)
  await arrive(plane, worker, world.tenant, [{}, {}, {}])
  await plane.app.get(LogSealer).sealAll()
  const then = "now() - interval '60 months'"
  await asOwner(
    world,
    `update writ.records set ingested_at = ${then}, occurred_at = ${then} where tenant_id = $1`,
    `update writ.retentions set due_at = '-infinity' where tenant_id = $1`,
  )
  return world
}

const leftOf = async ({ tenant }: World): Promise<number> =>
  (
    await plane.query(
      `select 1 from writ.records where tenant_id = $1 and ingested_at < now() - interval '59 months'`,
      [tenant],
    )
  ).length

/** Does it while a hold on everything is placed and not committed yet. */
async function whilePlacing<T>({ tenant, slug }: World, act: () => Promise<T>): Promise<T> {
  const gate = new EventEmitter()
  const [isPlaced, mayCommit] = [once(gate, 'placed'), once(gate, 'commit')]
  const placing = plane.app.get(Tenancy).run({ id: tenant, slug }, async (db) => {
    const by = { kind: 'platform', id: 'spec', name: 'spec' } as const
    await plane.app.get(HoldsService).place(db, by, { reason: 'case 10', filter: {} })
    gate.emit('placed')
    await mayCommit
  })
  await isPlaced
  const acting = act()
  await pause(700)
  gate.emit('commit')
  await placing
  return acting
}

describe('a hold that is being placed', () => {
  it('while records are removed keeps them', async () => {
    const world = await givenOld()
    const there = await leftOf(world)
    await whilePlacing(world, () => plane.app.get(Removal).removeExpired())
    expect([there > 2, await leftOf(world)]).toEqual([true, there])
  })

  it('while a human is erased keeps what is sealed to them', async () => {
    const world = await givenWorld(plane)
    const { body: human } = await world.ask('POST', 'humans', { name: 'Ada', email: 'ada@example.test' })
    await world.ask('POST', `humans/${human.id}/suspend`)
    const erasure = { human: human.id, reason: 'request' }
    const erased = () => world.ask('POST', `humans/${human.id}/erasure`, erasure)
    expect((await whilePlacing(world, erased)).status).toBe(409)
  })
})

describe('a tenant of which nothing can be removed', () => {
  it('is looked at later, and holds up no other', async () => {
    const [bent, sound] = [await givenOld(), await givenOld()]
    await asOwner(
      bent,
      'insert into writ.removals (tenant_id, first_leaf, last_leaf) select $1, n, n from generate_series(0, 99) as n',
    )
    const { isMore, failures } = await plane.app.get(Removal).removeExpired()
    expect([isMore, failures.length]).toEqual([false, 1])
    const again = await plane.app.get(PlatformQueries).retentionDue(new Date(), 1000)
    expect(again.map(({ id }) => id)).not.toContain(bent.tenant)
    expect([(await leftOf(bent)) > 2, await leftOf(sound)]).toEqual([true, 0])
  })
})

describe('a log with more under hold than is looked at at once', () => {
  it('loses what stands behind it all the same, in one round of looks', async () => {
    const world = await givenOld()
    const there = await leftOf(world)
    await givenMore(world, 4500)
    await plane.app.get(Tenancy).run({ id: world.tenant, slug: world.slug }, (db) =>
      db.rows(
        `insert into writ.holds (tenant_id, id, reason, placed_by, filter, terms, first_leaf, last_leaf)
           values ($1, $2, 'case 11', '{}', '{}', '{}', 0, $3)`,
        ['hld_behind', there + 4399],
      ),
    )
    const rounds = [await removeExpired(), await removeExpired(), await removeExpired()]
    expect(rounds).toEqual([true, true, false])
    expect(await leftOf(world)).toBe(there + 4400)
  })
})

/** So many more records, as old, covered by the log's checkpoint. */
const givenMore = (world: World, count: number): Promise<void> =>
  asOwner(
    world,
    `with log as (update writ.tenant_logs set size = size + ${count} where tenant_id = $1 returning size - ${count} as first)
     insert into writ.records (tenant_id, leaf_index, stream_no, seq, bytes, decision_id, kind, session_id, outcome, occurred_at, ingested_at, terms)
     select $1, first + at, 0, at, 'x', 'dec', 'closed', 'ses', 'allow', moment, moment, '{}'
       from log, generate_series(0, ${count} - 1) as at, (select now() - interval '60 months' as moment) as old`,
    'update writ.tenant_trees set size = (select size from writ.tenant_logs where tenant_id = $1) where tenant_id = $1',
  )

describe('what nodes said of bundles', () => {
  it('stays as far as it is the newest, and the rest goes in small pieces', async () => {
    const [world, node] = [await givenWorld(plane), await joinedNode(plane)]
    await arrive(plane, worker, world.tenant, [{}])
    const versions = `select $1, '${node.id}', n`
    await asOwner(
      world,
      `insert into writ.bundle_acknowledgements (tenant_id, node_id, version, outcome, detail)
         ${versions}, 'applied', '' from generate_series(11, 2510) as n`,
      `insert into writ.bundle_acknowledgements (tenant_id, node_id, version, outcome, detail)
         ${versions}, 'refused', 'v' || n from generate_series(2511, 2512) as n`,
      `insert into writ.retentions (tenant_id, months, former_months, due_at) values ($1, 12, 12, '-infinity')
         on conflict (tenant_id) do update set due_at = excluded.due_at`,
    )
    const seen = async () => (await world.ask('GET', 'gateways')).body
    const before = await seen()
    const rounds = [await removeExpired(), await removeExpired()]
    const left = await plane.query(
      `select version, outcome from writ.bundle_acknowledgements where tenant_id = $1 and node_id = $2 order by version`,
      [world.tenant, node.id],
    )
    expect(rounds).toEqual([true, false])
    expect(left).toEqual([
      { version: 2510, outcome: 'applied' },
      { version: 2512, outcome: 'refused' },
    ])
    expect(await seen()).toEqual(before)
  })
})

const removeExpired = async (): Promise<boolean> => (await plane.app.get(Removal).removeExpired()).isMore
