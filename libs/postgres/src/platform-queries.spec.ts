import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { TenantId } from '@writ/contracts'
import { openDatabase } from './data-source.ts'
import type { Database } from './data-source.ts'
import { ApiKey } from './entities/api-key.entity.ts'
import { BundleRow } from './entities/bundle.entity.ts'
import { announceBundle, mintBundleVersion } from './outbox.ts'
import { PlatformQueries } from './platform-queries.ts'
import { createTenantScope } from './tenant-scope.ts'
import type { TenantScope } from './tenant-scope.ts'
import { createTestDatabase, createTestNode, insertTestTenant, testId } from './testing.ts'
import type { TestDatabase } from './testing.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let app: Database
let scope: TenantScope
let queries: PlatformQueries

beforeAll(async () => {
  database = await createTestDatabase()
  app = await openDatabase(database.appUrl, { poolSize: 8, applicationName: 'platform spec' })
  scope = createTenantScope(app)
  queries = new PlatformQueries(app)
})

afterAll(async () => {
  await app.close()
  await database.drop()
})

/** An edit as the control plane makes it: take the version, seal, announce. */
const edit = (tenantId: TenantId, slug: string): Promise<number> =>
  scope.run(tenantId, async (manager) => {
    const version = await mintBundleVersion(manager)
    await manager.insert(BundleRow, { tenantId, version, signed: `${slug} ${version}`, sha256: 'x' })
    await announceBundle(manager, { tenantId, slug, version })
    return version
  })

describe('before a tenant is known', () => {
  it('a slug finds its tenant, and another slug nothing', async () => {
    const id = await insertTestTenant(scope, 'by-slug')
    expect(await queries.tenantBySlug('by-slug')).toMatchObject({ id, slug: 'by-slug', bundleVersion: 0 })
    expect(await queries.tenantBySlug('BY-SLUG')).toBeNull()
  })

  it('an API key finds its tenant until it is revoked', async () => {
    const tenantId = await insertTestTenant(scope, 'with-key')
    const key = { tenantId, id: testId('wak'), name: 'n', role: 'admin' as const, secretSha256: 'abc' }
    await scope.run(tenantId, (manager) => manager.insert(ApiKey, key))
    expect(await queries.apiKeyById(key.id)).toMatchObject({
      tenantId,
      name: 'n',
      role: 'admin',
      secretSha256: 'abc',
      expiresAt: null,
    })
    await scope.run(tenantId, (manager) => manager.update(ApiKey, { id: key.id }, { revokedAt: new Date() }))
    expect(await queries.apiKeyById(key.id)).toBeNull()
  })
})

describe('bundle versions', () => {
  it('of one tenant are minted one after the other, however many edit at once', async () => {
    const tenantId = await insertTestTenant(scope, 'busy')
    const minted = await Promise.all(Array.from({ length: 12 }, () => edit(tenantId, 'busy')))
    expect(minted.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1))
    expect(await queries.bundleBySlug('busy')).toEqual({
      tenantId,
      slug: 'busy',
      version: 12,
      signed: 'busy 12',
    })
    expect((await queries.bundleVersions()).filter(({ slug }) => slug === 'busy')).toEqual([
      { tenantId, slug: 'busy', version: 12 },
    ])
  })

  it('are not announced when the edit is taken back', async () => {
    const tenantId = await insertTestTenant(scope, 'regretful')
    const work = scope.run(tenantId, async () => {
      await edit(tenantId, 'regretful')
      throw new Error('taken back')
    })
    await expect(work).rejects.toThrow('taken back')
    expect(await queries.bundleBySlug('regretful')).toBeNull()
    expect((await queries.pendingOutbox(1000)).map((change) => change.tenant)).not.toContain('regretful')
  })
})

describe('the feed', () => {
  it('never shows a number before all lower ones, under concurrent edits of many tenants', async () => {
    const slugs = Array.from({ length: 6 }, (_, at) => `feed-${at}`)
    const tenants = await Promise.all(slugs.map((slug) => insertTestTenant(scope, slug)))
    const start = (await queries.feedPosition()).committed
    const seen: number[][] = []
    const edited = new AbortController()
    const watching = (async () => {
      while (!edited.signal.aborted)
        seen.push((await queries.changesAfter(start, 1000)).map((change) => change.seq))
    })()
    await Promise.all(
      tenants.flatMap((tenant, at) => Array.from({ length: 5 }, () => edit(tenant, slugs[at]!))),
    )
    edited.abort()
    await watching
    const final = (await queries.changesAfter(start, 1000)).map((change) => change.seq)
    expect(final).toHaveLength(30)
    for (const glimpse of seen) expect(glimpse).toEqual(final.slice(0, glimpse.length))
  })

  it('counts as published up to the first that is not', async () => {
    const pending = await queries.pendingOutbox(1000)
    const [first, second, third] = pending.map((change) => change.seq)
    await queries.markPublished([second!])
    expect((await queries.feedPosition()).published).toBe(first! - 1)
    await queries.markPublished([first!])
    expect((await queries.feedPosition()).published).toBe(third! - 1)
    await queries.markPublished(pending.map((change) => change.seq))
    const position = await queries.feedPosition()
    expect(position.published).toBe(position.committed)
    expect(await queries.pendingOutbox(10)).toEqual([])
  })
})

describe('a node', () => {
  it('that joins again with its key keeps its id', async () => {
    const key = createTestNode()
    const node = {
      id: key.id,
      name: 'eu-1',
      publicKey: key.publicKey,
      leaseKey: { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) } as const,
      origin: 'http://127.0.0.1:7410',
      build: '0.1.0',
    }
    await queries.joinNode(node)
    const again = await queries.joinNode({ ...node, id: createTestNode().id, build: '0.2.0' })
    expect(again).toMatchObject({ ...node, build: '0.2.0' })
    expect(await queries.nodeKeyOf(key.id)).toBe(key.publicKey)
    expect(await queries.nodeById(createTestNode().id)).toBeNull()
    await queries.nodeSeen(key.id)
    expect((await queries.nodes()).map((row) => row.id)).toEqual([key.id])
  })

  it('that is a device is one at its own tenant until it is revoked, and never a gateway', async () => {
    const tenantId = await insertTestTenant(scope, 'with-device')
    await insertTestTenant(scope, 'without-device')
    const { id, publicKey } = createTestNode()
    await scope.run(tenantId, async (manager) => {
      const [human, agent] = [testId('hum'), testId('agt')]
      const owner = `insert into writ.humans (tenant_id, id, name, email) values (app.tid(), $1, 'n', 'n@example.test')`
      await manager.query(owner, [human])
      const acting = `insert into writ.agents (tenant_id, id, name, human_id) values (app.tid(), $1, 'n', $2)`
      await manager.query(acting, [agent, human])
      const node = `insert into writ.nodes (id, name, public_key, lease_key, origin, build, kind) values ($1, 'n', $2, '{}', '', 'b', 'device')`
      await manager.query(node, [id, publicKey])
      const device = `insert into writ.devices (tenant_id, id, agent_id, joined_at, proven_at) values (app.tid(), $1, $2, now(), now())`
      await manager.query(device, [id, agent])
    })
    expect(await queries.deviceById(id, 'with-device')).toMatchObject({
      id,
      publicKey,
      tenantId,
      slug: 'with-device',
    })
    expect(await queries.deviceById(id, 'without-device')).toBeNull()
    expect(await queries.nodeById(id)).toBeNull()
    expect((await queries.nodes()).map((row) => row.id)).not.toContain(id)
    const leaseKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } as const
    const gateway = { id: createTestNode().id, name: 'x', publicKey, leaseKey, origin: 'o', build: 'b' }
    expect(await queries.joinNode(gateway)).toBeNull()
    await scope.run(tenantId, (manager) => manager.query('update writ.devices set revoked_at = now()'))
    expect(await queries.deviceById(id, 'with-device')).toBeNull()
    expect(await queries.nodeKeyOf(id)).toBe(publicKey)
  })
})

const platformKey = (kid: string) => ({
  kid,
  purpose: 'bundle',
  publicKey: 'p',
  sealedPrivate: Buffer.from(kid),
})

describe('platform keys', () => {
  it('are listed by purpose, oldest first', async () => {
    await queries.addPlatformKey(platformKey('1'))
    await queries.addPlatformKey(platformKey('2'))
    const since = expect.any(Date)
    expect(await queries.platformKeys('bundle')).toEqual([
      { ...platformKey('1'), useAfter: since },
      { ...platformKey('2'), useAfter: since },
    ])
    expect(await queries.platformKeys('other')).toEqual([])
    await expect(queries.addPlatformKey(platformKey('1'))).rejects.toMatchObject({ code: '23505' })
  })
})
