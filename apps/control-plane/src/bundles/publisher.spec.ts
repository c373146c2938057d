import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { isBundleFault, openBundle } from '@writ/bundle'
import { PlatformQueries } from '@writ/postgres'
import { connectRedis } from '@writ/redis'
import type { RedisLink } from '@writ/redis'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { BundleKeys } from './bundle-keys.ts'
import { Publication } from './publication.ts'

const put = { backMs: 0 }
let plane: ControlPlane
let redis: RedisLink

beforeAll(async () => {
  const redisUrl = process.env['WRIT_TEST_REDIS_URL']
  if (!redisUrl)
    throw new Error(
      'WRIT_TEST_REDIS_URL is not set: run the specs through `npm test`, which starts a real Redis',
    )
  redis = connectRedis(redisUrl, { purpose: 'blocking' })
  plane = await givenControlPlane({ redisUrl, clock: { nowMs: () => Date.now() - put.backMs } })
})
afterAll(async () => {
  await plane?.close()
  await redis?.close()
})

async function eventually<T>(
  look: () => Promise<T>,
  isThere: (found: T) => boolean,
  attempts = 100,
): Promise<T> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await look()
    if (isThere(found)) return found
    await pause(50)
  }
  return look()
}

const goOn = () => Promise.resolve(true)
const beat = () => redis.client.get('writ:heartbeat')
const headOf = (slug: string) => redis.client.hgetall(`writ:bundle:${slug}`)
const publishedHead = (slug: string, version: number) =>
  eventually(
    () => headOf(slug),
    (head) => head['version'] === String(version),
  )

describe('a committed edit', () => {
  it('is published with its signed bundle, and its outbox row is marked', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    await plane.ask('POST', '/api/v1/access-groups', { key: ownerKey.key, body: { name: 'second' } })
    const head = await publishedHead(tenant.slug, 2)
    const keys = await plane.app.get(BundleKeys).trusted()
    const opened = await openBundle(head['jws'] ?? '', keys, {
      tenant: tenant.slug,
      version: 2,
      sha256: null,
    })
    if (isBundleFault(opened)) throw new Error(opened.detail)
    expect(opened.bundle.groups.map(({ name }) => name)).toContain('second')
    const platform = plane.app.get(PlatformQueries)
    const position = await eventually(
      () => platform.feedPosition(),
      ({ committed, published }) => committed === published,
    )
    expect(position.published).toBe(position.committed)
  })

  it('that is rolled back publishes nothing', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    await plane.ask('POST', '/api/v1/access-groups', { key: ownerKey.key, body: { name: 'default' } })
    await pause(300)
    expect((await plane.ask('GET', '/api/v1/tenant', { key: ownerKey.key })).body.bundleVersion).toBe(1)
    expect((await publishedHead(tenant.slug, 1))['version']).toBe('1')
  })
})

describe('the reconciler', () => {
  it('loads no bundle that is where it should be', async () => {
    const [{ tenant: kept }, { tenant: gone }] = [await plane.newTenant(), await plane.newTenant()]
    for (const { slug } of [kept, gone]) await publishedHead(slug, 1)
    await redis.client.del(`writ:bundle:${gone.slug}`)
    const loaded = jest.spyOn(plane.app.get(PlatformQueries), 'bundleBySlug')
    await plane.app.get(Publication).reconcile(goOn)
    const slugs = loaded.mock.calls.map(([slug]) => slug)
    loaded.mockRestore()
    expect([slugs.includes(gone.slug), slugs.includes(kept.slug)]).toEqual([true, false])
  })

  it('lets what is more urgent have its turn first, and goes no further than it may', async () => {
    const { tenant } = await plane.newTenant()
    await publishedHead(tenant.slug, 1)
    await redis.client.del(`writ:bundle:${tenant.slug}`)
    await plane.app.get(Publication).reconcile(() => Promise.resolve(false))
    expect(await headOf(tenant.slug)).toEqual({})
  })

  it('publishes again what Redis has forgotten', async () => {
    const { tenant } = await plane.newTenant()
    await publishedHead(tenant.slug, 1)
    await redis.client.del(`writ:bundle:${tenant.slug}`)
    await plane.app.get(Publication).reconcile(goOn)
    expect((await headOf(tenant.slug))['version']).toBe('1')
  })

  it('never takes a head back', async () => {
    const { tenant } = await plane.newTenant()
    await publishedHead(tenant.slug, 1)
    await redis.client.hset(`writ:bundle:${tenant.slug}`, 'version', '9')
    await plane.app.get(Publication).reconcile(goOn)
    expect((await headOf(tenant.slug))['version']).toBe('9')
  })
})

describe('a head in Redis that is no longer what we put there', () => {
  it('is written anew with the next edit, which is said, and holds up no other tenant', async () => {
    const [{ tenant, ownerKey }, other] = [await plane.newTenant(), await plane.newTenant()]
    await publishedHead(tenant.slug, 1)
    await redis.client.multi().del(`writ:bundle:${tenant.slug}`).set(`writ:bundle:${tenant.slug}`, 'x').exec()
    for (const { key } of [ownerKey, other.ownerKey])
      await plane.ask('POST', '/api/v1/access-groups', { key, body: { name: 'second' } })
    expect((await publishedHead(other.tenant.slug, 2))['version']).toBe('2')
    expect((await publishedHead(tenant.slug, 2))['version']).toBe('2')
    expect(plane.logged()).toContain(`where the bundle of ${tenant.slug} is published; it was replaced`)
  })

  it('is written anew by the reconciler too', async () => {
    const { tenant } = await plane.newTenant()
    await publishedHead(tenant.slug, 1)
    await redis.client.multi().del(`writ:bundle:${tenant.slug}`).set(`writ:bundle:${tenant.slug}`, 'x').exec()
    await plane.app.get(Publication).reconcile(goOn)
    expect((await headOf(tenant.slug))['version']).toBe('1')
  })
})

describe('the heartbeat', () => {
  it('is there soon after the start', async () => {
    expect(await eventually(beat, Boolean)).toMatch(/^ey/)
  })

  it('goes on when the clock is put back by an hour', async () => {
    const before = await eventually(beat, Boolean)
    put.backMs = 3_600_000
    const then = await eventually(beat, (now) => now !== null && now !== before, 200)
    expect(then).not.toBe(before)
    put.backMs = 0
  }, 20_000)
})
