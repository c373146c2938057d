import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { DiscoveryService } from '@nestjs/core'
import { isFault, openBatch, verifyEvidence } from '@writ/audit'
import { AuditRecord, Evidence } from '@writ/contracts'
import type { Administration, RecordView, StreamBatch } from '@writ/contracts'
import { Client } from 'pg'
import { createTenantScope, ingestBatch, openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createRecordWorker } from '@writ/redis'
import type { RecordWorker } from '@writ/redis'
import { routesIn } from '../openapi/routes.ts'
import { Clock } from '../clock.ts'
import { RecordTransport } from '../nodes/record-transport.ts'
import { isPermission } from '../tenancy/access.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import {
  askFor,
  filled,
  furnish,
  NEW_CONNECTION,
  nameOf,
  resourceOf,
  withId,
} from '../testing/route-visits.ts'
import { givenWorld } from '../testing/worlds.ts'
import { Administrations } from './administrations.ts'
import { ControlPlaneNode } from './record-node.ts'
import { Sealing } from './sealing.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let ledger: Database
let worker: RecordWorker
const taken: StreamBatch[] = []

beforeAll(async () => {
  plane = await givenControlPlane()
  ledger = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'administration spec' })
  worker = createRecordWorker({ kind: 'postgres', url: plane.workerUrl }, keep, () => {})
})
afterAll(async () => {
  await worker?.close()
  await ledger?.close()
  await plane?.close()
})

/** As the audit worker does it: under the node's registered key only. */
async function keep(batch: StreamBatch): Promise<void> {
  taken.push(batch)
  const publicKey = await new PlatformQueries(ledger).nodeKeyOf(batch.node)
  const records = openBatch(batch, publicKey ?? '')
  if (isFault(records)) throw new Error(records.message)
  await ingestBatch(createTenantScope(ledger), { batch, records })
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((wait) => setTimeout(wait, 100))
}

const eventsOf = async (tenant: string): Promise<Administration[]> =>
  (
    await plane.query<{ administration: string }>(
      `select administration from writ.administration_events where tenant_id = $1 order by seq`,
      [tenant],
    )
  ).map(({ administration }) => JSON.parse(administration))

async function recordsOf(key: string): Promise<AuditRecord[]> {
  const { body } = await plane.ask('GET', '/api/v1/records?kind=administered&limit=500', { key })
  return body.items.map(({ record }: RecordView) => record)
}

/** As a replica that never heard of the event of that number. */
async function forgotten(tenant: string, seq: number): Promise<void> {
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query('set session_replication_role = replica')
  await owner.query('delete from writ.administration_events where tenant_id = $1 and seq >= $2', [
    tenant,
    seq,
  ])
  await owner.query('update writ.tenants set administration_seq = $2::bigint - 1 where id = $1', [
    tenant,
    seq,
  ])
  await owner.end()
}

describe('an administrative request', () => {
  it('leaves who did what, and how it looked before and after', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    const ask = (method: string, path: string, body?: unknown) =>
      plane.ask(method, `/api/v1/${path}`, { key: ownerKey.key, ...(body !== undefined && { body }) })
    const { id } = (await ask('POST', 'access-groups', { name: 'staff' })).body
    await ask('PATCH', `access-groups/${id}`, { default: 'deny' })
    await ask('DELETE', `access-groups/${id}`)
    const [born, created, changed, removed] = await eventsOf(tenant.id)
    const by = { kind: 'api-key', id: ownerKey.id, name: 'owner' }
    expect(born).toMatchObject({ permission: 'operator', by: { kind: 'operator' }, target: tenant.id })
    expect(created).toMatchObject({
      permission: 'groups.write',
      route: 'POST /api/v1/access-groups',
      by,
      target: id,
      before: null,
      after: { id, name: 'staff', default: 'allow' },
    })
    expect(changed).toMatchObject({
      route: 'PATCH /api/v1/access-groups/{id}',
      before: { default: 'allow' },
      after: { default: 'deny' },
    })
    expect(removed).toMatchObject({ target: id, before: { name: 'staff', default: 'deny' }, after: null })
  })

  it('that is refused, or only asks, leaves nothing', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    const before = (await eventsOf(tenant.id)).length
    const { key } = ownerKey
    await plane.ask('POST', '/api/v1/access-groups', { key, body: { name: 'default' } })
    await plane.ask('DELETE', `/api/v1/access-groups/${tenant.defaultGroup}`, { key })
    await plane.ask('POST', '/api/v1/records/verify', { key })
    await plane.ask('GET', '/api/v1/agents', { key })
    expect(await eventsOf(tenant.id)).toHaveLength(before)
  })

  it('leaves its event or changes nothing: both are one transaction', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    await plane.query(
      `alter table writ.administration_events add constraint closed check (tenant_id <> '${tenant.id}') not valid`,
    )
    const { key } = ownerKey
    const refused = await plane.ask('POST', '/api/v1/access-groups', { key, body: { name: 'staff' } })
    const groups = await plane.ask('GET', '/api/v1/access-groups', { key })
    await plane.query('alter table writ.administration_events drop constraint closed')
    expect([refused.status, groups.body.items]).toEqual([500, [expect.objectContaining({ name: 'default' })]])
  })

  it('on every route that writes leaves an event that names the route, without any secret', async () => {
    const node = await joinedNode(plane)
    const world = await givenWorld(plane)
    const ids = await furnish(plane, world, node)
    const writing = routesIn(plane.app.get(DiscoveryService)).filter(
      ({ method, access, path }) =>
        isPermission(access) &&
        method !== 'get' &&
        !access.endsWith('.read') &&
        !path.startsWith('/api/v1/tenant'),
    )
    const secrets = [world.key]
    // What removes something comes last, so that the rest finds it.
    const isRemoving = ({ method, name }: (typeof writing)[number]) =>
      method === 'delete' || /revoke|suspend|end|remove/.test(name)
    for (const route of writing.toSorted(
      (one, other) => Number(isRemoving(one)) - Number(isRemoving(other)),
    )) {
      const id = ids[resourceOf(route)]
      const path = id === undefined ? filled(route) : withId(route, id)
      const before = (await eventsOf(world.tenant)).length
      const answer = await askFor(plane, route, path, world.key)
      if (answer.status >= 400) continue
      secrets.push(...secretsIn(answer.body))
      const events = await eventsOf(world.tenant)
      const last = events.at(-1)
      expect([nameOf(route), events.length - before, last?.permission]).toEqual([
        nameOf(route),
        1,
        route.access,
      ])
      expect(last?.route).toBe(`${route.method.toUpperCase()} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`)
    }
    const text = JSON.stringify(await eventsOf(world.tenant))
    expect(secrets.length).toBeGreaterThan(2)
    for (const secret of [...secrets, NEW_CONNECTION.credential.secret])
      expect(text).not.toContain(secret.split('.').at(-1))
  })
})

/** Every text in an answer that could be a secret. */
function secretsIn(body: unknown): string[] {
  if (typeof body === 'string') return /\.[A-Za-z0-9_-]{43}$/.test(body) ? [body] : []
  return typeof body === 'object' && body !== null ? Object.values(body).flatMap(secretsIn) : []
}

const portsOf = ({ app }: ControlPlane) => ({
  clock: app.get(Clock),
  platform: app.get(PlatformQueries),
  tenancy: app.get(Tenancy),
  transport: app.get(RecordTransport),
  node: app.get(ControlPlaneNode),
})

describe('administrative records', () => {
  it('are in the audit of the tenant, in order, each once, and verify', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    const { key } = ownerKey
    const names = Array.from({ length: 60 }, (_, at) => `group-${at}`)
    for (const name of names) await plane.ask('POST', '/api/v1/access-groups', { key, body: { name } })
    await eventually(async () => (await recordsOf(key)).length === names.length + 1)
    const records = await recordsOf(key)
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, at) => at))
    expect(records.map(({ administration }) => administration)).toEqual(await eventsOf(tenant.id))
    const { body } = await plane.ask('GET', '/api/v1/records/evidence', { key })
    expect(verifyEvidence(Evidence.parse(body))).toMatchObject({ faults: [] })
    expect((await plane.ask('GET', '/api/v1/records/lag', { key })).body).toEqual({ pending: 0 })
  })

  it('of great size are cut, and many of them take more than one batch', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    const administrations = plane.app.get(Administrations)
    const large = { id: 'pol_1', parts: Array.from({ length: 800 }, () => 'a part of it that is long') }
    const event = {
      permission: 'policies.write',
      route: 'PUT /api/v1/policies/{id}',
      by: { kind: 'platform', id: 'platform', name: 'platform' },
      target: 'pol_1',
      after: { id: 'pol_1', document: 'x'.repeat(200_000) },
    } as const
    await plane.app.get(Tenancy).run(tenant, async (db) => {
      for (let at = 0; at < 30; at += 1) await administrations.record(db, { ...event, before: large })
    })
    await eventually(async () => (await recordsOf(ownerKey.key)).length === 31)
    const [, first] = await recordsOf(ownerKey.key)
    expect(first?.administration).toMatchObject({
      before: large,
      after: { id: 'pol_1', cut: { sizeBytes: 200_028 } },
    })
    expect(taken.filter((batch) => batch.tenant === tenant.id).length).toBeGreaterThan(1)
  })

  it('are the same bytes when they are sealed twice, and are stored once', async () => {
    const { tenant } = await plane.newTenant()
    const { clock, platform, tenancy, transport, node } = portsOf(plane)
    const another = () => new Sealing(clock, platform, tenancy, transport, node)
    await Promise.all([another().sealPending(), another().sealPending(), another().sealPending()])
    await eventually(async () => (await storedOf(tenant.id)) === 1)
    const batches = taken.filter((batch) => batch.tenant === tenant.id)
    expect(new Set(batches.map(({ records }) => JSON.stringify(records))).size).toBe(1)
    await another().sealPending()
    expect(await storedOf(tenant.id)).toBe(1)
  })

  it('wait once for a ledger that is away, however much is done meanwhile, and arrive when it is back', async () => {
    await worker.close()
    const { tenant, ownerKey } = await plane.newTenant()
    const { key } = ownerKey
    const { transport } = portsOf(plane)
    await eventually(async () => (await transport.depth()) === 1)
    for (let at = 0; at < 20; at += 1)
      await plane.ask('POST', '/api/v1/access-groups', { key, body: { name: `g${at}` } })
    expect(await transport.depth()).toBe(1)
    worker = createRecordWorker({ kind: 'postgres', url: plane.workerUrl }, keep, () => {})
    await eventually(async () => (await storedOf(tenant.id)) === 21)
    expect(taken.filter((batch) => batch.tenant === tenant.id)).toHaveLength(2)
  })

  it('are all told, also after one that the ledger has and a replica that took over does not', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    const { key } = ownerKey
    const make = (name: string) => plane.ask('POST', '/api/v1/access-groups', { key, body: { name } })
    await make('before')
    await eventually(async () => (await storedOf(tenant.id)) === 2)
    await forgotten(tenant.id, 2)
    for (const name of ['after', 'and after']) await make(name)
    await eventually(async () => (await storedOf(tenant.id)) === 4)
    const told = (await recordsOf(key)).map(({ administration }) => administration?.after)
    expect(told.slice(1)).toMatchObject([{ name: 'before' }, { name: 'after' }, { name: 'and after' }])
  })

  it('show it when an event is missing from the ledger', async () => {
    const { ownerKey } = await plane.newTenant()
    const { key } = ownerKey
    await eventually(async () => (await recordsOf(key)).length === 1)
    const { body } = await plane.ask('GET', '/api/v1/records/evidence', { key })
    const evidence = Evidence.parse(body)
    const cut = {
      ...evidence,
      records: [],
      logSize: 0,
      streams: evidence.streams.map((stream) => ({ ...stream, nextSeq: 0, batches: [] })),
    }
    expect(verifyEvidence(cut).faults).not.toEqual([])
  })

  it('of the platform itself are recorded by whoever calls', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    const administrations = plane.app.get(Administrations)
    await plane.app.get(Tenancy).run(tenant, (db) =>
      administrations.record(db, {
        permission: 'platform',
        route: 'clone detection',
        by: { kind: 'platform', id: 'platform', name: 'platform' },
        target: 'agt_1',
        before: { status: 'enrolled' },
        after: { status: 'locked' },
      }),
    )
    await eventually(async () => (await recordsOf(ownerKey.key)).length === 2)
    expect((await recordsOf(ownerKey.key))[1]?.administration).toMatchObject({
      by: { kind: 'platform' },
      after: { status: 'locked' },
    })
  })

  it('are signed by a node that is no gateway', async () => {
    const { ownerKey } = await plane.newTenant()
    const { body } = await plane.ask('GET', '/api/v1/gateways', { key: ownerKey.key })
    const nodes = await plane.query<{ kind: string }>('select kind from writ.nodes')
    expect(nodes.map(({ kind }) => kind)).toContain('control-plane')
    expect(body.items.map(({ name }: { name: string }) => name)).not.toContain('control-plane')
  })

  it('cannot be written, changed or removed by the application past their numbering', async () => {
    await expect(plane.query(`update writ.administration_events set at = now()`)).rejects.toThrow(
      'append-only',
    )
    await expect(plane.query(`delete from writ.administration_events`)).rejects.toThrow('append-only')
  })
})

const storedOf = async (tenant: string): Promise<number> =>
  (
    await plane.query<{ n: number }>(`select count(*)::int as n from writ.records where tenant_id = $1`, [
      tenant,
    ])
  )[0]?.n ?? 0

describe('the operator', () => {
  it('is on the record of every tenant that they touch', async () => {
    const { tenant } = await plane.newTenant()
    await plane.ask('POST', `/api/v1/tenants/${tenant.slug}/api-keys`, { key: OPERATOR_KEY, body: {} })
    expect((await eventsOf(tenant.id)).at(-1)).toMatchObject({
      by: { kind: 'operator' },
      route: 'POST /api/v1/tenants/{slug}/api-keys',
      after: { role: 'owner' },
    })
  })
})
