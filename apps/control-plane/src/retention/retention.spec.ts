import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { Client } from 'pg'
import { arrive } from '../records/desk.fixture.ts'
import { administrationsOf } from '../testing/administrations.ts'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { randomId } from '../testing/route-visits.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { LogSealer } from '../transparency/log-sealer.ts'
import { Removal } from './removal.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let worker: Database
let world: World

beforeAll(async () => {
  plane = await givenControlPlane()
  worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'retention spec' })
  world = await givenWorld(plane)
})
afterAll(async () => {
  await worker?.close()
  await plane?.close()
})

async function asOwner(
  work: (owner: Client) => Promise<unknown>,
  tenant: string = world.tenant,
): Promise<void> {
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [tenant])
  try {
    await work(owner)
  } finally {
    await owner.end()
  }
}

/** So many records that came five years ago, in order, under a checkpoint. @returns the leaf of the first */
async function givenOld(count: number): Promise<number> {
  await arrive(
    plane,
    worker,
    world.tenant,
    Array.from({ length: count }, () => ({})),
  )
  const [log] = await plane.query<{ size: number }>(
    'select size::float8 as size from writ.tenant_logs where tenant_id = $1',
    [world.tenant],
  )
  const size = log?.size ?? 0
  await plane.app.get(LogSealer).sealAll()
  await asOwner(async (owner) => {
    await owner.query('set session_replication_role = replica')
    await owner.query(
      `update writ.records set ingested_at = now() - interval '60 months', occurred_at = now() - interval '60 months'
        where tenant_id = $1 and leaf_index >= $2`,
      [world.tenant, size - count],
    )
  })
  return size - count
}
const left = async (leaf: number, count: number) =>
  (
    await plane.query(
      'select 1 from writ.records where tenant_id = $1 and leaf_index >= $2 and leaf_index < $3',
      [world.tenant, leaf, leaf + count],
    )
  ).length
const due = () => asOwner((owner) => owner.query(`update writ.retentions set due_at = '-infinity'`))
const remove = async () => {
  await due()
  expect((await plane.app.get(Removal).removeExpired()).failures).toEqual([])
}

describe('retention', () => {
  it('is 13 months, and set between 6 months and 7 years', async () => {
    expect((await world.ask('GET', 'audit/retention')).body).toMatchObject({
      months: 13,
      changedAt: null,
      held: 0,
    })
    for (const months of [5, 85, 12.5, '12'])
      expect((await world.ask('PUT', 'audit/retention', { months })).status).toBe(400)
    const { status, body } = await world.ask('PUT', 'audit/retention', { months: 24 })
    expect([status, body.months]).toEqual([200, 24])
    const [event] = await administrationsOf(plane, world.slug)
    expect(event).toMatchObject({
      permission: 'records.retain',
      before: { months: 13 },
      after: { months: 24 },
    })
  })

  it('that was made shorter counts a week later', async () => {
    const longer = (await world.ask('GET', 'audit/retention')).body.keptSince
    const { body } = await world.ask('PUT', 'audit/retention', { months: 6 })
    expect(Math.abs(Date.parse(body.keptSince) - Date.parse(longer))).toBeLessThan(60_000)
  })

  it('is for owners and security, and not for admins and auditors', async () => {
    for (const [role, status] of [
      ['admin', 403],
      ['auditor', 403],
      ['security', 200],
    ] as const) {
      const { body } = await world.ask('POST', 'api-keys', { name: role, role })
      const answer = await plane.ask('PUT', '/api/v1/audit/retention', {
        key: body.key,
        body: { months: 13 },
      })
      expect([role, answer.status]).toEqual([role, status])
      expect((await plane.ask('GET', '/api/v1/audit/retention', { key: body.key })).status).toBe(200)
    }
  })
})

describe('what is older', () => {
  it('is removed, which is a record itself; what a hold names stays', async () => {
    const first = await givenOld(10)
    const held = await world.ask('POST', 'audit/holds', {
      reason: 'case 7',
      firstLeaf: first + 4,
      lastLeaf: first + 5,
    })
    expect([held.status, held.body.released]).toEqual([201, null])
    const before = (await world.ask('GET', 'tenant')).body.records.kept
    await remove()
    expect(await left(first, 10)).toBe(2)
    expect((await world.ask('GET', 'tenant')).body.records.kept).toBe(before - 8)
    const [event] = await administrationsOf(plane, world.slug)
    expect(event).toMatchObject({
      by: { kind: 'platform', id: 'retention' },
      after: { removed: 8, firstLeaf: first, lastLeaf: first + 9 },
    })
    expect((await world.ask('GET', 'audit/retention')).body).toMatchObject({ removedLeaves: 8, held: 1 })
    expect((await world.ask('GET', `records/${first}`)).status).toBe(404)
    expect((await world.ask('GET', `records/${first + 4}`)).status).toBe(200)
  })

  it('waits for its day', async () => {
    await plane.app.get(Removal).removeExpired()
    const first = await givenOld(1)
    await plane.app.get(Removal).removeExpired()
    expect(await left(first, 1)).toBe(1)
  })
})

const deleted = async (before: (world: World) => Promise<void> = async () => {}): Promise<World> => {
  const gone = await givenWorld(plane)
  await arrive(plane, worker, gone.tenant, [{}, {}, {}])
  await before(gone)
  for (const [method, path] of [
    ['POST', `${gone.slug}/suspend`],
    ['DELETE', gone.slug],
  ] as const)
    expect((await plane.ask(method, `/api/v1/tenants/${path}`, { key: OPERATOR_KEY })).status).toBe(200)
  await plane.app.get(LogSealer).sealAll()
  return gone
}
/** As if all of it had been so many months ago. */
const age = (gone: World, months: number) =>
  asOwner(async (owner) => {
    await owner.query('set session_replication_role = replica')
    for (const [table, column] of [
      ['records', 'ingested_at'],
      ['tenants', 'deleted_at'],
    ] as const)
      await owner.query(
        `update writ.${table} set ${column} = now() - make_interval(months => $2)
          where ${table === 'tenants' ? 'id' : 'tenant_id'} = $1`,
        [gone.tenant, months],
      )
    await owner.query(`update writ.retentions set due_at = '-infinity' where tenant_id = $1`, [gone.tenant])
  }, gone.tenant)
const recordsOf = async (gone: World) =>
  (await plane.query('select 1 from writ.records where tenant_id = $1', [gone.tenant])).length
const removalsOf = async (gone: World) =>
  (await plane.query('select 1 from writ.removals where tenant_id = $1', [gone.tenant])).length
const eventsOf = async (gone: World) =>
  (
    await plane.query(
      `select 1 from writ.administration_events where tenant_id = $1 and administration like '%retention of records%'`,
      [gone.tenant],
    )
  ).length

describe('what a deleted tenant left', () => {
  it('is kept for its retention, then removed, which is a record; and at last that goes as well', async () => {
    const gone = await deleted()
    await age(gone, 12)
    await remove()
    expect([await recordsOf(gone), await eventsOf(gone)]).toEqual([3, 0])
    await age(gone, 14)
    await remove()
    expect([await recordsOf(gone), await removalsOf(gone), await eventsOf(gone)]).toEqual([0, 1, 1])
    await arrive(plane, worker, gone.tenant, [{}])
    await plane.app.get(LogSealer).sealAll()
    await age(gone, 28)
    await remove()
    expect([await recordsOf(gone), await eventsOf(gone)]).toEqual([0, 1])
    const looked = await plane.app.get(PlatformQueries).retentionDue(new Date('2100-01-01'), 1000)
    expect(looked.map(({ id }) => id)).not.toContain(gone.tenant)
  })

  it('stays where a hold names it', async () => {
    const gone = await deleted(async ({ ask }) => {
      expect((await ask('POST', 'audit/holds', { reason: 'case 9' })).status).toBe(201)
    })
    await age(gone, 14)
    await remove()
    expect(await recordsOf(gone)).toBe(3)
  })
})

describe('a hold', () => {
  it('is released once, with a reason, and keeps for a week more', async () => {
    const { body: hold } = await world.ask('POST', 'audit/holds', {
      reason: 'case 8',
      filter: { agent: world.agent.id, tool: 'x', from: '2020-01-01T00:00:00Z' },
    })
    expect(hold).toMatchObject({ filter: { agent: world.agent.id }, placedBy: { kind: 'api-key' } })
    expect((await world.ask('POST', `audit/holds/${hold.id}/release`, {})).status).toBe(400)
    const { body } = await world.ask('POST', `audit/holds/${hold.id}/release`, { reason: 'it is over' })
    expect(Date.parse(body.released.keepsUntil) - Date.parse(body.released.at)).toBe(7 * 86_400_000)
    expect((await world.ask('POST', `audit/holds/${hold.id}/release`, { reason: 'again' })).status).toBe(409)
    const [event] = await administrationsOf(plane, world.slug)
    expect(event).toMatchObject({
      permission: 'records.retain',
      target: hold.id,
      after: { released: { reason: 'it is over' } },
    })
  })

  it('is listed, and found by its id only by its tenant', async () => {
    const { body } = await world.ask('GET', 'audit/holds?limit=1')
    expect([body.items.length, typeof body.next]).toEqual([1, 'string'])
    const other = await givenWorld(plane)
    const theirs = await other.ask('POST', `audit/holds/${body.items[0].id}/release`, { reason: 'not mine' })
    const nobodys = await other.ask('POST', `audit/holds/${randomId('hld')}/release`, { reason: 'not mine' })
    expect([theirs.status, theirs.text]).toEqual([404, nobodys.text])
  })

  it.each([
    { reason: '' },
    { reason: 'x', filter: { decision: 'dec_1' } },
    { reason: 'x', filter: { nonsense: 1 } },
    { reason: 'x', firstLeaf: 5, lastLeaf: 4 },
    { reason: 'x', filter: { from: '2026-01-02T00:00:00Z', until: '2026-01-02T01:00:00+02:00' } },
    { reason: 'x', filter: { from: '0000-01-01T00:00:00Z' } },
    { reason: 'x', filter: { until: '2026-01-02T01:00:00+23:00' } },
  ])('is not placed as %j', async (hold) => {
    expect((await world.ask('POST', 'audit/holds', hold)).status).toBe(400)
  })
})
