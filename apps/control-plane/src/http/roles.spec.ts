import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Controller, Get, Module } from '@nestjs/common'
import { APP_GUARD, DiscoveryService, NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { PERMISSIONS, Role } from '@writ/contracts'
import { routesIn } from '../openapi/routes.ts'
import type { Route } from '../openapi/routes.ts'
import { AccessCheck } from '../tenancy/access-check.ts'
import { isPermission } from '../tenancy/access.ts'
import { AccessGuard } from '../tenancy/access.guard.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { askFor, filled, nameOf } from '../testing/route-visits.ts'

jest.setTimeout(120_000)

let plane: ControlPlane
let routes: Route[]

beforeAll(async () => {
  plane = await givenControlPlane()
  routes = routesIn(plane.app.get(DiscoveryService)).filter(({ access }) => isPermission(access))
})
afterAll(() => plane?.close())

/** A key of that role in a tenant of its own. */
async function keyOf(role: Role): Promise<string> {
  const { ownerKey } = await plane.newTenant()
  return role === 'owner' ? ownerKey.key : keyMadeBy(ownerKey.key, role)
}

async function keyMadeBy(owner: string, role: Role): Promise<string> {
  return (await plane.ask('POST', '/api/v1/api-keys', { key: owner, body: { name: role, role } })).body.key
}

/** What it does to its tenant would disturb the visits after it. */
const isDisturbing = ({ path, method, access }: Route, role: Role) =>
  path.startsWith('/api/v1/tenant') &&
  method !== 'get' &&
  isPermission(access) &&
  PERMISSIONS[role].has(access)

/** What came of visiting every route as that role: `forbidden`, or the status. */
async function visitsOf(role: Role): Promise<Map<string, 'allowed' | 'forbidden'>> {
  const key = await keyOf(role)
  const visits = new Map<string, 'allowed' | 'forbidden'>()
  for (const route of routes) {
    const path = filled(route)
    const { status } = await askFor(plane, route, path, isDisturbing(route, role) ? await keyOf(role) : key)
    expect([nameOf(route), status === 401 || status >= 500]).toEqual([nameOf(route), false])
    visits.set(nameOf(route), status === 403 ? 'forbidden' : 'allowed')
  }
  return visits
}

describe('every route of a tenant', () => {
  it.each(Role.options)('is open to the role %s exactly as the table of permissions says', async (role) => {
    const expected = new Map(
      routes.map((route) => [
        nameOf(route),
        isPermission(route.access) && PERMISSIONS[role].has(route.access) ? 'allowed' : 'forbidden',
      ]),
    )
    expect(Object.fromEntries(await visitsOf(role))).toEqual(Object.fromEntries(expected))
  })

  it('needs a permission to read only where it only reads', () => {
    const reading = routes.filter(
      ({ method, access }) => method !== 'get' && (access.endsWith('.read') || access === 'records.export'),
    )
    expect(reading.map(nameOf).sort()).toEqual([
      'Packs.cancel',
      'Packs.create',
      'PolicyRuns.explain',
      'PolicyRuns.lint',
      'PolicyRuns.replay',
      'PolicyRuns.test',
      'Records.verify',
      'Revocation.introspect',
    ])
    const writing = routes.filter(
      ({ method, access }) => method === 'get' && !/\.(read|export)$/.test(access),
    )
    expect(writing.map(nameOf)).toEqual([])
  })

  it('lets an auditor read, export and verify, and nothing else', () => {
    const others = [...PERMISSIONS.auditor].filter((permission) => !/\.(read|export)$/.test(permission))
    const open = routes.filter(({ access }) => isPermission(access) && PERMISSIONS.auditor.has(access))
    expect([others, open.filter(({ method }) => method === 'delete').map(nameOf)]).toEqual([
      [],
      ['Packs.cancel'],
    ])
    expect(open.map(nameOf)).toEqual(
      expect.arrayContaining(['Packs.create', 'Packs.file', 'Records.page', 'Records.verify']),
    )
  })

  it('says in the description of the API which roles it is open to', async () => {
    const { body } = await plane.ask('GET', '/api/openapi.json')
    for (const { method, path, access } of routes.filter((route) => isPermission(route.access))) {
      const operation = body.paths[path.replaceAll(/:(\w+)/g, '{$1}')][method]
      const roles = Role.options.filter((role) => isPermission(access) && PERMISSIONS[role].has(access))
      expect([path, operation['x-writ-access'], operation['x-writ-roles']]).toEqual([path, access, roles])
      expect(operation.security).toEqual([{ apiKey: [] }, { signIn: [] }])
    }
  })

  it('names each permission of the table, but for those of what is not built', () => {
    const used = new Set<string>(routes.map(({ access }) => access))
    const unused = [...PERMISSIONS.owner].filter((permission) => !used.has(permission))
    expect(unused).toEqual(expect.not.arrayContaining(['agents.read', 'policies.write', 'keys.write']))
  })
})

@Controller('forgotten')
class ForgottenController {
  @Get()
  look() {
    return { secret: true }
  }
}

@Module({
  controllers: [ForgottenController],
  providers: [
    { provide: AccessCheck, useValue: { admit: () => Promise.resolve() } },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
})
class Forgetful {}

describe('a route that does not say who may call it', () => {
  let app: NestFastifyApplication

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(Forgetful, new FastifyAdapter(), { logger: false })
    await app.listen(0, '127.0.0.1')
  })
  afterAll(() => app?.close())

  it('is closed', async () => {
    const answer = await fetch(`${await app.getUrl()}/forgotten`)
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secret')
  })
})
