import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { DiscoveryService } from '@nestjs/core'
import type { IdPrefix } from '@writ/contracts'
import { routesIn } from '../openapi/routes.ts'
import type { Route } from '../openapi/routes.ts'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import {
  askFor as visit,
  filled,
  furnish,
  nameOf,
  NEW_CONNECTION,
  NEW_OVERRIDE,
  NEW_POLICY,
  randomId as id,
  resourceOf,
  withId,
} from '../testing/route-visits.ts'
import { isPermission } from '../tenancy/access.ts'
import { givenWorld } from '../testing/worlds.ts'

jest.setTimeout(30_000)

type Keys = { owner: string }

let plane: ControlPlane
let routes: Route[]
/** the ids of one tenant's things, by the resource that they belong to */
let idsOfA: Record<string, string>
let slugs: { a: string; b: string }
let keysOfB: Keys

beforeAll(async () => {
  plane = await givenControlPlane()
  const node = await joinedNode(plane)
  const [a, b] = [await givenWorld(plane), await givenWorld(plane)]
  slugs = { a: a.slug, b: b.slug }
  idsOfA = await furnish(plane, a, node)
  await furnish(plane, b, node)
  keysOfB = { owner: b.key }
  routes = routesIn(plane.app.get(DiscoveryService))
})
afterAll(() => plane?.close())

async function keyOf(owner: string, role: string): Promise<string> {
  return (await plane.ask('POST', '/api/v1/api-keys', { key: owner, body: { name: role, role } })).body.key
}

const askFor = (route: Route, path: string, key?: string) => visit(plane, route, path, key)
const isOfTenants = ({ access }: Route) => isPermission(access)

/** @throws where nobody has said how a thing of that resource is made */
function idOfA(route: Route): string {
  const known = idsOfA[resourceOf(route)]
  if (known === undefined) throw new Error(`furnish() of route-visits.ts makes no ${resourceOf(route)}`)
  return known
}

describe('the routes', () => {
  it('are the ones that the API description names, and no others', async () => {
    const { body } = await plane.ask('GET', '/api/openapi.json')
    const described = Object.entries<object>(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    )
    const served = plane.app
      .getHttpAdapter()
      .getInstance()
      .printRoutes({ commonPrefix: false, includeHooks: false })
    expect(body.openapi).toBe('3.1.0')
    expect(described.sort()).toEqual(pathsIn(served).sort())
    expect(described.length).toBe(routes.length)
    expect(described.length).toBeGreaterThan(60)
  })

  it('answer alike to the ids of another tenant and to ids that nobody has', async () => {
    const withIds = routes.filter((route) => isOfTenants(route) && route.path.includes(':id'))
    expect(withIds.length).toBeGreaterThanOrEqual(27)
    for (const route of withIds) {
      const foreign = await askFor(route, withId(route, idOfA(route)), keysOfB.owner)
      const random = await askFor(route, filled(route), keysOfB.owner)
      expect([nameOf(route), foreign.status, foreign.text]).toEqual([nameOf(route), 404, random.text])
      expect(random.status).toBe(404)
    }
  })

  it("answer alike to another tenant's ids inside a body", async () => {
    const { body: human } = await plane.ask('GET', '/api/v1/humans', { key: keysOfB.owner })
    type Attempt = [string, string, (foreign: string) => unknown, string, IdPrefix]
    const attempts: Attempt[] = [
      [
        'PUT',
        `/api/v1/humans/${human.items[0].id}/groups`,
        (foreign) => ({ groups: [foreign] }),
        'access-groups',
        'grp',
      ],
      ['POST', '/api/v1/agents', (foreign) => ({ name: 'y', human: foreign }), 'humans', 'hum'],
      [
        'POST',
        '/api/v1/policies',
        (foreign) => ({ ...NEW_POLICY, name: 'y', groups: [foreign] }),
        'access-groups',
        'grp',
      ],
      [
        'POST',
        '/api/v1/connections',
        (foreign) => ({ ...NEW_CONNECTION, name: 'y', groups: [foreign] }),
        'access-groups',
        'grp',
      ],
      [
        'POST',
        '/api/v1/policies/explain',
        (foreign) => ({ agent: foreign, connection: 'crm', tool: 't' }),
        'agents',
        'agt',
      ],
      ...['lint', 'replay'].map((run): Attempt => [
        'POST',
        `/api/v1/policies/${run}`,
        (foreign) => ({ document: NEW_POLICY.document, policy: foreign }),
        'policies',
        'pol',
      ]),
      [
        'POST',
        '/api/v1/overrides',
        (foreign) => ({ ...NEW_OVERRIDE, policy: foreign, principal: id('agt') }),
        'policies',
        'pol',
      ],
    ]
    for (const [method, path, body, resource, prefix] of attempts) {
      const foreign = await plane.ask(method, path, {
        key: keysOfB.owner,
        body: body(idsOfA[resource] ?? ''),
      })
      const random = await plane.ask(method, path, { key: keysOfB.owner, body: body(id(prefix)) })
      expect([path, foreign.status, foreign.text]).toEqual([path, 404, random.text])
    }
  })

  it('give one and the same 401 for no key, a malformed one, an unknown one and a wrong one', async () => {
    const wrong = `${keysOfB.owner.slice(0, -1)}${keysOfB.owner.endsWith('A') ? 'B' : 'A'}`
    const closed = routes.filter((route) => route.access !== 'public')
    for (const route of closed) {
      const answers = await Promise.all(
        [undefined, 'nonsense', `${id('wak')}.${'A'.repeat(43)}`, wrong].map((key) =>
          askFor(route, filled(route), key),
        ),
      )
      for (const answer of answers) {
        expect([nameOf(route), answer.status, answer.text]).toEqual([nameOf(route), 401, answers[0]?.text])
      }
    }
  })

  it('let the operator make tenants and nothing else', async () => {
    for (const route of routes.filter(isOfTenants)) {
      expect([nameOf(route), (await askFor(route, filled(route), OPERATOR_KEY)).status]).toEqual([
        nameOf(route),
        401,
      ])
    }
    expect(
      (await plane.ask('POST', '/api/v1/tenants', { key: keysOfB.owner, body: { slug: 'q', name: 'q' } }))
        .status,
    ).toBe(401)
    expect(
      (await plane.ask('POST', `/api/v1/tenants/${slugs.b}/api-keys`, { key: OPERATOR_KEY, body: {} }))
        .status,
    ).toBe(201)
  })

  it('stop taking a key at the moment when it is revoked', async () => {
    const key = await keyOf(keysOfB.owner, 'auditor')
    expect((await plane.ask('GET', '/api/v1/tenant', { key })).status).toBe(200)
    await plane.ask('DELETE', `/api/v1/api-keys/${key.split('.')[0]}`, { key: keysOfB.owner })
    expect((await plane.ask('GET', '/api/v1/tenant', { key })).status).toBe(401)
  })

  it('never show a secret again, neither in an answer nor in the log', async () => {
    const answers = await Promise.all(
      ['tenant', 'api-keys', 'connections', 'agents', 'gateways', 'policies'].map((path) =>
        plane.ask('GET', `/api/v1/${path}`, { key: keysOfB.owner }),
      ),
    )
    const secret = keysOfB.owner.split('.')[1] ?? ''
    for (const text of [...answers.map((answer) => answer.text), plane.logged()]) {
      expect(text).not.toContain(NEW_CONNECTION.credential.secret)
      expect(text).not.toContain(secret)
    }
  })
})

/** "METHOD path" of every leaf of Fastify's printed tree, HEAD aside. */
function pathsIn(tree: string): string[] {
  const stack: string[] = []
  return tree.split('\n').flatMap((line) => {
    const match = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line)
    if (!match) return []
    const [, indent = '', part = '', methods] = match
    const depth = indent.length / 4
    stack.length = depth
    stack.push(part)
    const path = stack.join('').replaceAll(/:(\w+)/g, '{$1}')
    return (methods ?? '')
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD')
      .map((method) => `${method.toLowerCase()} ${path}`)
  })
}
