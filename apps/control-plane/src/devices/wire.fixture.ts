import { randomBytes } from 'node:crypto'
import { rawPublicKey, signHead } from '@writ/audit'
import type { RecordFields } from '@writ/audit'
import { snapshotHash } from '@writ/bundle'
import { AgentId, formatId, streamIdOf, TenantId } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { createTestStream } from '@writ/postgres/testing'
import { reportOf as inventoryReport } from '../inventory/report.fixture.ts'
import type { JoinedDevice } from '../testing/devices.ts'
import type { ControlPlane } from '../testing/given.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, newestBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

/** A request of a device, below where its wire begins. */
export type Visit = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: object
}

const id = <Prefix extends 'boo' | 'dec'>(prefix: Prefix) => formatId(prefix, Date.now(), randomBytes(10))

const get = (path: string): Visit => ({ method: 'GET', path })
const post = (path: string, body: object): Visit => ({ method: 'POST', path, body })

/** What the device of that world's agent would ask for by each route, by the name of the route; each is granted. */
export async function visitsOf(
  plane: ControlPlane,
  device: JoinedNode,
  world: World,
): Promise<Record<string, Visit>> {
  const { slug: tenant, session } = world
  const part = '2'.repeat(64)
  await plane.query(
    `insert into writ.roster_parts (tenant_id, sha256, part) values ($1, $2, '{}') on conflict do nothing`,
    [world.tenant, part],
  )
  return {
    'DeviceWire.changes': get('changes'),
    'DeviceWire.bundle': get(`bundles/${tenant}`),
    'DeviceWire.part': get(`bundles/${tenant}/parts/${part}`),
    'DeviceWire.packagesNamed': get(
      `packages/${(await newestBundle(plane, tenant)).hooks.packages.intelligence}`,
    ),
    'DeviceWire.acknowledge': post('acknowledgements', {
      tenant,
      version: 1,
      outcome: 'applied',
      detail: '',
    }),
    'DeviceWire.contentKey': post('content-keys', { tenant }),
    'DeviceWire.claim': post('approvals', await claimOf(plane, world)),
    'DeviceWire.report': post('catalogues', reportOf(world)),
    'DeviceInventory.keep': { method: 'PUT', path: 'inventory', body: inventoryReport() },
    'DeviceRecords.batch': post('batches', batchOf(device, world)),
    'DeviceRecords.heads': post('heads', { heads: [headOf(device, world.tenant)] }),
    // Last: it ends what the others need.
    'DeviceWire.end': post(`sessions/${session}/end`, { tenant, reason: 'the spec ends it' }),
  }
}

export async function claimOf(plane: ControlPlane, world: World, changes: object = {}): Promise<object> {
  const head = await plane.app.get(PlatformQueries).bundleBySlug(world.slug)
  return {
    tenant: world.slug,
    session: world.session,
    agent: world.agent.id,
    human: world.agent.human,
    connection: null,
    tool: 'shell',
    argsSha256: randomBytes(32).toString('hex'),
    bundle: { version: head?.version, sha256: snapshotHash(head?.signed ?? '') },
    match: { policy: world.policy, rule: 'ask-first', reason: 'r' },
    ttlSeconds: 60,
    ...changes,
  }
}

export const reportOf = ({ slug, connection }: World, changes: object = {}): object => ({
  tenant: slug,
  connection,
  definitions: [{ kind: 'tool', name: 'seen', pin: '1'.repeat(64), contentPin: '2'.repeat(64) }],
  ...changes,
})

/** One record of an action of the agent on the device itself. */
export function batchOf(
  device: JoinedNode,
  { tenant, agent }: Pick<World, 'tenant' | 'agent'>,
  changes: Partial<RecordFields> = {},
) {
  const signer = { id: device.id, publicKey: rawPublicKey(device.key), privateKey: device.key }
  const own = { id: AgentId.parse(agent.id), name: 'agent' }
  return createTestStream(signer, tenant, 1, () => ({
    channel: 'hooks',
    agent: own,
    connection: null,
    ...changes,
  })).batch(0, 1)
}

export function headOf({ id: node, key }: JoinedNode, tenant: string) {
  const stream = streamIdOf(node, id('boo'), TenantId.parse(tenant))
  return signHead({ stream, nextSeq: 1, headHash: 'a'.repeat(64), at: new Date().toISOString() }, key)
}

export const visit = (device: JoinedDevice, { method, path, body }: Visit, at = device.at) =>
  device.ask(method, `${at}/${path}`, body)

export const PACKAGES = {
  format: 'writ.packages.v1',
  title: 'of the spec',
  madeAt: '2026-11-01T00:00:00.000Z',
  sources: ['https://example.test/packages'],
  ecosystems: { npm: { malicious: '', popular: ['left-pad'] } },
}

/** A tenant that has set what there is to set for devices. */
export async function givenDeviceWorld(plane: ControlPlane): Promise<World> {
  const world = await givenWorld(plane)
  await world.ask('PUT', 'tenant/packages', PACKAGES)
  return world
}
