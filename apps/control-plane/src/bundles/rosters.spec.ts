import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { isBundleFault, openRosterPart, ROSTER_PARTS, rosterPlace, withRoster } from '@writ/bundle'
import type { Bundle } from '@writ/contracts'
import { newId } from '../ids-and-secrets.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { NEW_CONNECTION } from '../testing/route-visits.ts'
import { givenWorld, openedBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { currentBundle } from './current-bundle.ts'
import { leaveParts } from './rosters.ts'

jest.setTimeout(60_000)

const MANY = 510
const NAME = 'Wilhelmina Thistlethwaite'

let plane: ControlPlane
let node: JoinedNode
let world: World
let people: string[]

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
  world = await givenWorld(plane)
  people = Array.from({ length: MANY }, () => newId('hum', Date.now()))
  await plane.query(
    `insert into writ.humans (tenant_id, id, name, email)
     select $1, p, $3, p || '@many.example' from unnest($2::text[]) p`,
    [world.tenant, people, NAME],
  )
  await edit()
})
afterAll(() => plane?.close())

let edits = 0
const edit = () => world.ask('POST', 'access-groups', { name: `edit ${(edits += 1)}` })

const partOf = (sha256: string, slug = world.slug) =>
  node.ask('GET', `/internal/v1/bundles/${slug}/parts/${sha256}`)

const namedParts = async (): Promise<readonly string[]> =>
  (await openedBundle(node, world.slug)).bundle.roster?.parts ?? []

/** As an enforcement point reads it; the bytes are past the door of the nodes, because they are many. */
async function wholeBundle(): Promise<Bundle> {
  const { bundle } = await openedBundle(node, world.slug)
  const rows = await plane.query<{ sha256: string; part: string }>(
    'select sha256, part from writ.roster_parts where tenant_id = $1 and sha256 = any($2)',
    [world.tenant, bundle.roster?.parts],
  )
  expect(rows).toHaveLength(new Set(bundle.roster?.parts).size)
  const parts = rows.flatMap(({ sha256, part: text }) => {
    const part = openRosterPart(text, sha256)
    return isBundleFault(part) ? [] : [part]
  })
  return withRoster(bundle, parts)
}

const placeOf = (id: string): number => rosterPlace(id, ROSTER_PARTS)
const suspend = (human: string | undefined) => world.ask('POST', `humans/${human}/suspend`)

describe('the bundle of a tenant of many humans', () => {
  it('names a roster in which every one of them has a key and a sealed name', async () => {
    const { bundle } = await openedBundle(node, world.slug)
    expect([bundle.agents, bundle.humans]).toEqual([[], []])
    expect(bundle.roster?.parts).toHaveLength(ROSTER_PARTS)
    const { agents, humans } = await wholeBundle()
    expect(agents.map(({ id }) => id)).toEqual([world.agent.id])
    expect(humans.map(({ id }) => id)).toEqual(expect.arrayContaining(people))
    expect(humans.filter(({ subject }) => subject?.name === undefined)).toEqual([])
    expect(new Set(humans.map(({ subject }) => subject?.publicKey)).size).toBe(humans.length)
    expect(humans[0]?.groups).toEqual([world.defaultGroup])
  })

  it('has one other part when one human moves, and none when nobody does', async () => {
    const before = await namedParts()
    await edit()
    expect(await namedParts()).toEqual(before)
    const [group] = (await wholeBundle()).groups.filter(({ name }) => name.startsWith('edit'))
    await world.ask('PUT', `humans/${people[0]}/groups`, { groups: [group?.id] })
    const after = await namedParts()
    const changed = after.flatMap((sha256, at) => (sha256 === before[at] ? [] : [at]))
    expect(changed).toEqual([rosterPlace(people[0] ?? '', ROSTER_PARTS)])
    const moved = (await wholeBundle()).humans.find(({ id }) => id === people[0])
    expect(moved?.groups).toEqual([group?.id])
  })

  it('has nobody in it who is suspended, and lends nothing to them', async () => {
    const body = { ...NEW_CONNECTION, name: 'keyed', groups: [world.defaultGroup] }
    const connection = (await world.ask('POST', 'connections', body)).body.id
    const lease = async () =>
      (
        await node.ask('POST', '/internal/v1/leases', {
          tenant: world.tenant,
          connection,
          credentialVersion: 1,
          agent: world.agent.id,
          session: world.session,
          decision: newId('dec', Date.now()),
        })
      ).status
    expect(await lease()).toBe(200)
    const [{ human } = { human: '' }] = await plane.query<{ human: string }>(
      'select human_id as human from writ.agents where id = $1',
      [world.agent.id],
    )
    await suspend(human)
    expect((await wholeBundle()).humans.map(({ id }) => id)).not.toContain(human)
    expect(await lease()).toBe(404)
    await world.ask('POST', `humans/${human}/restore`)
  })

  it('explains calls as gateways decide them', async () => {
    const asked = { agent: world.agent.id, connection: 'crm', tool: 'pay', args: {} }
    expect((await world.ask('POST', 'policies/explain', asked)).status).toBe(200)
  })
})

describe('a bundle that is read while a part of its roster goes', () => {
  it('is not read without those who stand in it', async () => {
    const [gone, kept] = [
      people[5] ?? '',
      people.find((id) => placeOf(id) !== placeOf(people[5] ?? '')) ?? '',
    ]
    const sha256 = (await namedParts())[placeOf(gone)]
    const reading = plane.app.get(Tenancy).runById(world.tenant, async (db) => {
      await db.rows('delete from writ.roster_parts where tenant_id = $1 and sha256 = $2', [sha256])
      const { humans } = await currentBundle(db, [kept])
      expect(humans.map(({ id }) => id)).toContain(kept)
      await expect(currentBundle(db, [gone])).rejects.toMatchObject({ problem: { status: 503 } })
      await expect(currentBundle(db)).rejects.toMatchObject({ problem: { status: 503 } })
      throw new Error('taken back')
    })
    await expect(reading).rejects.toThrow('taken back')
  })
})

describe('a part of a roster', () => {
  it('is given to nodes only, by its own name in its own tenant only', async () => {
    const [sha256 = ''] = await namedParts()
    expect((await partOf(sha256)).status).toBe(200)
    expect((await plane.ask('GET', `/internal/v1/bundles/${world.slug}/parts/${sha256}`)).status).toBe(401)
    const { tenant } = await plane.newTenant()
    const answers = await Promise.all([
      partOf(sha256, tenant.slug),
      partOf(sha256, 'nobody'),
      partOf('0'.repeat(64)),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
    expect((await partOf("x'")).status).toBeGreaterThanOrEqual(400)
  })

  it('is given for ten minutes after the bundle names it no more', async () => {
    const before = await namedParts()
    await suspend(people[1])
    const former = before[rosterPlace(people[1] ?? '', ROSTER_PARTS)] ?? ''
    expect(await namedParts()).not.toContain(former)
    expect((await partOf(former)).status).toBe(200)
    const named = await namedParts()
    const later = (ms: number) =>
      plane.app.get(Tenancy).runById(world.tenant, (db) => leaveParts(db, named, new Date(Date.now() + ms)))
    await later(590_000)
    expect((await partOf(former)).status).toBe(200)
    await later(601_000)
    expect((await partOf(former)).status).toBe(404)
    expect((await wholeBundle()).humans).toHaveLength(MANY)
  })

  it('of before an erasure is gone with it', async () => {
    const human = people[2]
    await plane.query(`update writ.humans set name = 'Zenobia Quackenbush' where id = $1`, [human])
    await edit()
    await suspend(human)
    const written = () =>
      plane.query(`select 1 from writ.roster_parts where part like '%Quackenbush%' or part like $1`, [
        `%${human}%`,
      ])
    expect(await written()).not.toEqual([])
    const erased = await world.ask('POST', `humans/${human}/erasure`, { human, reason: 'request' })
    expect(erased.status).toBe(200)
    expect(await written()).toEqual([])
    expect((await wholeBundle()).humans.map(({ id }) => id)).not.toContain(human)
  })
})

describe('a tenant that is no longer large', () => {
  it('has everybody in its bundle again, as every release reads it', async () => {
    await plane.query(`update writ.humans set status = 'suspended' where id = any($1)`, [people.slice(100)])
    await edit()
    const { bundle } = await openedBundle(node, world.slug)
    expect(bundle.roster).toBeUndefined()
    expect(bundle.humans.length).toBeGreaterThan(90)
    const kept = await plane.query(
      'select 1 from writ.roster_parts where tenant_id = $1 and left_at is null',
      [world.tenant],
    )
    expect(kept).toEqual([])
  })
})
