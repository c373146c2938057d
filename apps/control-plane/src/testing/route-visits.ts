import { randomBytes } from 'node:crypto'
import { formatId } from '@writ/contracts'
import type { IdPrefix } from '@writ/contracts'
import { reportOf } from '../inventory/report.fixture.ts'
import type { Route } from '../openapi/routes.ts'
import { joinedDevice } from './devices.ts'
import type { Answer, ControlPlane } from './given.ts'
import type { JoinedNode } from './nodes.ts'
import { openedBundle } from './worlds.ts'
import type { World } from './worlds.ts'

/** Visits every route over HTTP: with bodies that it accepts, and with ids of things that exist or do not. */

export const nameOf = ({ group, name }: Route) => `${group}.${name}`
export function resourceOf({ path }: Route): string {
  const [resource = '', under = ''] = path.split('/').slice(3)
  return resource === 'audit' ? under : resource
}

export function randomId(prefix: IdPrefix): string {
  return formatId(prefix, Date.now(), randomBytes(10))
}

export const NEW_OVERRIDE = {
  rule: 'ask-first',
  resource: '*',
  until: new Date(Date.now() + 3_600_000).toISOString(),
  reason: 'the routes are tried',
}
export const NEW_CONNECTION = {
  name: 'crm',
  url: 'http://127.0.0.1:9/mcp',
  credential: { kind: 'api-key', header: 'x-api-key', secret: 'secret-of-the-crm' },
}
export const NEW_SSO = {
  name: 'directory',
  issuer: 'https://idp.example.test',
  clientId: 'writ',
  clientSecret: 'secret-of-the-idp',
}
export const NEW_OUTLET = {
  name: 'x',
  target: { kind: 'webhook', url: 'https://collector.example.test/events' },
}
export const NEW_POLICY = {
  name: 'no deletes',
  document: {
    writ: 1,
    rules: [
      {
        id: 'no-delete',
        effect: 'deny',
        when: { path: 'action.class', op: 'eq', value: 'destructive' },
        reason: 'no',
      },
    ],
  },
}

/** A body that the route accepts, so that what answers is what comes after the form was read. */
const BODIES: Record<string, unknown> = {
  'Agents.move': { groups: [] },
  'Humans.move': { groups: [] },
  'AccessGroups.setPolicies': { policies: [] },
  'AccessGroups.setConnections': { connections: [] },
  'Policies.change': { groups: [] },
  'Connections.change': { groups: [] },
  'Agents.create': { name: 'x', human: randomId('hum') },
  'Humans.create': { name: 'x', email: 'x@example.test' },
  'AccessGroups.create': { name: 'x' },
  'AccessGroups.change': { default: 'deny' },
  'Overrides.create': { ...NEW_OVERRIDE, policy: randomId('pol'), principal: randomId('agt') },
  'Tools.approve': { pin: '0'.repeat(64) },
  'Outlets.create': NEW_OUTLET,
  'Outlets.change': { name: 'another' },
  'Policies.create': { ...NEW_POLICY, name: 'x' },
  'Policies.replace': { document: NEW_POLICY.document },
  'PolicyRuns.test': { document: NEW_POLICY.document },
  'PolicyRuns.lint': { document: NEW_POLICY.document },
  'PolicyRuns.replay': { document: NEW_POLICY.document },
  'PolicyRuns.explain': { agent: randomId('agt'), connection: 'crm', tool: 't' },
  'Connections.create': { ...NEW_CONNECTION, name: 'x' },
  'ApiKeys.create': { name: 'x', role: 'auditor' },
  'Tenants.create': { slug: 'x', name: 'x' },
  'Packs.create': {},
  'Retention.change': { months: 24 },
  'Holds.place': { reason: 'a case' },
  'Holds.release': { reason: 'it is over' },
  'Hooks.change': { mode: 'observe' },
  'Packages.set': {
    format: 'writ.packages.v1',
    title: 'x',
    madeAt: '2026-11-01T00:00:00.000Z',
    sources: [],
    ecosystems: {},
  },
  'Tenant.change': { nonceRequired: false },
  'Tenant.remove': { slug: 'nobody' },
  'SsoConnections.create': NEW_SSO,
  'SsoConnections.change': { name: 'another' },
  'Domains.create': { domain: 'x.example.test', sso: randomId('sso') },
  'Directories.create': { name: 'x' },
  'Erasures.erase': { human: randomId('hum') },
  'HumanStanding.setRoles': { roles: ['auditor'] },
  'HumanStanding.link': { sso: randomId('sso'), subject: 'x' },
  'HumanStanding.unlink': { sso: randomId('sso'), subject: 'x' },
  'SigningKeys.rotate': { when: 'soon' },
  'Revocation.revokeById': { jti: 'a-token-of-nobody' },
}
const PREFIXES: Record<string, IdPrefix> = {
  'api-keys': 'wak',
  humans: 'hum',
  agents: 'agt',
  'access-groups': 'grp',
  policies: 'pol',
  connections: 'con',
  overrides: 'ovr',
  sessions: 'ses',
  approvals: 'apr',
  grants: 'gnt',
  'sso-connections': 'sso',
  domains: 'dom',
  directories: 'dir',
  outlets: 'out',
  devices: 'nod',
  inventory: 'nod',
  packs: 'pak',
  holds: 'hld',
}

/** What stands in a path for parameters that are no id. */
const PARAMETERS: Record<string, string> = { slug: 'nobody', kind: 'tool', name: 'look' }

export const withId = ({ path }: Route, value: string): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'id' ? value : (PARAMETERS[name] ?? 'x'))) +
  (QUERIES[path] ?? '')

/** What goes on for as long as it is asked to. */
const QUERIES: Record<string, string> = { '/api/v1/records/live': '?seconds=0' }

/** The path with an id that nobody has. */
export const filled = (route: Route): string => withId(route, randomId(PREFIXES[resourceOf(route)] ?? 'dec'))

export const askFor = (plane: ControlPlane, route: Route, path: string, key?: string): Promise<Answer> =>
  plane.ask(route.method.toUpperCase(), path, {
    key,
    ...(route.method !== 'get' && { body: BODIES[nameOf(route)] ?? {} }),
  })

/** One thing of every resource that has ids in its routes. @returns their ids, by resource */
export async function furnish(
  plane: ControlPlane,
  world: World,
  node: JoinedNode,
): Promise<Record<string, string>> {
  const { ask, slug, agent, session, connection, policy } = world
  const apiKey = await ask('POST', 'api-keys', { name: 'second', role: 'auditor' })
  const group = await ask('POST', 'access-groups', { name: 'second' })
  const override = await ask('POST', 'overrides', { ...NEW_OVERRIDE, policy, principal: agent.id })
  return {
    'api-keys': apiKey.body.id,
    humans: agent.human,
    agents: agent.id,
    'access-groups': group.body.id,
    policies: policy,
    connections: connection,
    overrides: override.body.id,
    sessions: session,
    approvals: await approvalIn(world, node),
    grants: await grantIn(plane, world),
    devices: (await joinedDevice(plane, slug, agent)).id,
    outlets: await outletIn(world),
    inventory: await inventoryIn(plane, world),
    packs: await packIn(plane, world),
    holds: (await ask('POST', 'audit/holds', { reason: 'a case' })).body.id,
    ...(await peopleIn(world)),
  }
}

/** Paused, so that nothing is tried while the routes are. */
async function outletIn({ ask }: World): Promise<string> {
  const { body } = await ask('POST', 'outlets', { ...NEW_OUTLET, name: 'second' })
  await ask('POST', `outlets/${body.id}/pause`)
  return body.id
}

/** What a device tells of its machine. */
async function inventoryIn(plane: ControlPlane, { slug, agent }: World): Promise<string> {
  const device = await joinedDevice(plane, slug, agent)
  await device.ask('PUT', `${device.at}/inventory`, reportOf())
  return device.id
}

/** One whose time is over: nobody makes it while others look. */
async function packIn(plane: ControlPlane, { tenant }: World): Promise<string> {
  const pack = randomId('pak')
  await plane.query(
    `insert into writ.packs (tenant_id, id, state, kind, query, requested_by, requested_at, disclosed, log_size)
     values ($1, $2, 'expired', 'range', '{}', '{"kind":"human","id":"x","name":"x"}', now(), false, 1)`,
    [tenant, pack],
  )
  return pack
}

async function peopleIn({ ask, slug }: World): Promise<Record<string, string>> {
  const sso = (await ask('POST', 'sso-connections', { ...NEW_SSO, name: 'second' })).body.id
  const domain = await ask('POST', 'domains', { domain: `${slug}.example.test`, sso })
  const directory = await ask('POST', 'directories', { name: 'second' })
  return { 'sso-connections': sso, domains: domain.body.id, directories: directory.body.id }
}

/** What a human gives in a browser. */
async function grantIn(plane: ControlPlane, { tenant, agent }: World): Promise<string> {
  const grant = randomId('gnt')
  await plane.query(
    `insert into writ.grants (tenant_id, id, agent_id, human_id, until) values ($1, $2, $3, $4, now() + interval '1 day')`,
    [tenant, grant, agent.id, agent.human],
  )
  return grant
}

async function approvalIn(world: World, node: JoinedNode): Promise<string> {
  const { slug, session, agent, connection, policy } = world
  const { bundle, sha256 } = await openedBundle(node, slug)
  const { body } = await node.ask('POST', '/internal/v1/approvals', {
    tenant: slug,
    session,
    agent: agent.id,
    human: agent.human,
    connection,
    tool: 'pay',
    argsSha256: '0'.repeat(64),
    bundle: { version: bundle.version, sha256 },
    match: { policy, rule: 'ask-first', reason: 'r' },
    ttlSeconds: 900,
  })
  return body.id
}
