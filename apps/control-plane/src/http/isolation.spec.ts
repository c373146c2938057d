import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { DiscoveryService } from '@nestjs/core'
import { routesIn } from '../openapi/routes.ts'
import type { Route } from '../openapi/routes.ts'
import { isPermission } from '../tenancy/access.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import { askFor, filled, furnish, nameOf, resourceOf, withId } from '../testing/route-visits.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(120_000)

/** What an outsider could see of the other tenant, in a fresh world of two tenants with one of everything. */
type TwoTenants = {
  readonly plane: ControlPlane
  readonly routes: Route[]
  readonly theirs: World
  readonly theirIds: Record<string, string>
  readonly mine: World
}

async function givenTwoTenants(): Promise<TwoTenants> {
  const plane = await givenControlPlane()
  const node = await joinedNode(plane)
  const [theirs, mine] = [await givenWorld(plane), await givenWorld(plane)]
  const theirIds = await furnish(plane, theirs, node)
  await furnish(plane, mine, node)
  const routes = routesIn(plane.app.get(DiscoveryService)).filter(({ access }) => isPermission(access))
  return { plane, routes, theirs, theirIds, mine }
}

/** Every row of the other tenant in every table, as text. */
async function rowsOf({ plane, theirs }: TwoTenants): Promise<Record<string, string>> {
  const tables = await plane.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relnamespace = 'writ'::regnamespace and c.relkind in ('r', 'p')`,
  )
  // When a key was last used is noted behind the requests; the streams of the control plane go on by themselves.
  const rows = tables
    .filter(({ name }) => name !== 'streams' && name !== 'api_keys')
    .map(
      ({ name }) =>
        `select '${name}' as name, string_agg(t::text, e'\\n' order by t::text) as rows from writ.${name} t where tenant_id = $1`,
    )
  const found = await plane.query<{ name: string; rows: string }>(rows.join(' union all '), [theirs.tenant])
  return Object.fromEntries(found.map((table) => [table.name, table.rows]))
}

/** What the other tenant calls its things, and itself. */
const marksOf = ({ theirs, theirIds }: TwoTenants): string[] => [
  theirs.tenant,
  theirs.slug,
  theirs.agent.id,
  theirs.defaultGroup,
  ...Object.values(theirIds),
]

/** What ends the visitor itself comes last. */
const isEnding = ({ path }: Route) => path.startsWith('/api/v1/tenant')

/** Ways in which one tenant could reach the other by any route. Empty when the wall holds. */
async function breaches(world: TwoTenants): Promise<string[]> {
  const { plane, routes, mine, theirIds } = world
  const before = await rowsOf(world)
  const found: string[] = []
  for (const route of routes.toSorted((one, other) => Number(isEnding(one)) - Number(isEnding(other)))) {
    const foreign = theirIds[resourceOf(route)]
    const path = foreign === undefined ? filled(route) : withId(route, foreign)
    const answer = await askFor(plane, route, path, mine.key)
    const isFound = route.path.includes(':id') && foreign !== undefined && answer.status !== 404
    const asked = new Set([foreign])
    const isShown = marksOf(world).some((mark) => !asked.has(mark) && answer.text.includes(mark))
    if (isFound || isShown || answer.status >= 500) found.push(`${nameOf(route)} ${answer.status}`)
  }
  const after = await rowsOf(world)
  return [...found, ...Object.keys(before).filter((table) => before[table] !== after[table])]
}

describe('one tenant by every route, with the ids of the other', () => {
  let world: TwoTenants

  beforeAll(async () => {
    world = await givenTwoTenants()
  })
  afterAll(() => world?.plane.close())

  it('finds nothing, is shown nothing and changes nothing', async () => {
    expect(world.routes.length).toBeGreaterThan(70)
    expect(await breaches(world)).toEqual([])
  })
})

describe('without row security, which is the second wall', () => {
  let world: TwoTenants

  beforeAll(async () => {
    world = await givenTwoTenants()
    await world.plane.query(`do $$ declare t text; begin
      for t in select c.relname from pg_class c where c.relnamespace = 'writ'::regnamespace and c.relrowsecurity loop
        execute format('alter table writ.%I no force row level security, disable row level security', t);
      end loop; end $$`)
  })
  afterAll(() => world?.plane.close())

  it('the first one still holds: every statement names its tenant', async () => {
    expect(await breaches(world)).toEqual([])
  })

  it('and the sweep would see it if it did not: by the key of the other tenant every route is a breach', async () => {
    const found = await breaches({ ...world, mine: world.theirs })
    const withIds = world.routes.filter((route) => route.path.includes(':id')).map(nameOf)
    const quiet = withIds.filter((name) => !found.some((breach) => breach.startsWith(name)))
    expect(quiet.length).toBeLessThan(withIds.length / 4)
    expect(found).toEqual(expect.arrayContaining(['agents', 'policies', 'access_groups', 'connections']))
  })
})
