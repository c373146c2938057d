import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { PlatformQueries, releaseSlug } from '@writ/postgres'
import { Tenancy } from '../tenancy/tenancy.ts'
import { enrolledAgent } from '../testing/agents.ts'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { furnish, NEW_POLICY } from '../testing/route-visits.ts'
import { givenWorld, openedBundle, sessionOf } from '../testing/worlds.ts'

jest.setTimeout(60_000)

const DAY_MS = 24 * 3_600_000

let plane: ControlPlane
let node: JoinedNode
/** how much later than now it is */
let laterMs = 0

beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => Date.now() + laterMs } })
  node = await joinedNode(plane)
})
afterAll(() => plane?.close())

const asOperator = (method: string, path: string, body?: unknown): Promise<Answer> =>
  plane.ask(method, `/api/v1/tenants${path}`, { key: OPERATOR_KEY, ...(body !== undefined && { body }) })

const bundleOf = async (slug: string) => (await openedBundle(node, slug)).bundle

describe('a tenant that is suspended', () => {
  it('mediates nothing, and its tokens are of an older epoch for ever', async () => {
    const { slug, ask } = await givenWorld(plane)
    expect((await bundleOf(slug)).tenant).toMatchObject({ suspended: false, epoch: 0 })
    const suspended = await ask('POST', 'tenant/suspend')
    expect(suspended.body.suspended).toMatchObject({ by: 'owner' })
    expect((await bundleOf(slug)).tenant).toMatchObject({ suspended: true, epoch: 1 })
    expect((await ask('POST', 'tenant/resume')).body.suspended).toBeNull()
    expect((await bundleOf(slug)).tenant).toMatchObject({ suspended: false, epoch: 1 })
  })

  it('gives no tokens', async () => {
    const { slug, key, ask } = await givenWorld(plane)
    const agent = await enrolledAgent(plane, slug, key)
    await ask('POST', 'tenant/suspend')
    await expect(sessionOf(plane, slug, agent)).rejects.toMatchObject({
      status: 401,
      error: 'invalid_client',
    })
    await ask('POST', 'tenant/resume')
    await expect(sessionOf(plane, slug, agent)).resolves.toMatch(/^ses_/)
  })

  it('is read by its owners, and by nobody else; and nothing is written', async () => {
    const { ask, key } = await givenWorld(plane)
    const admin = (await ask('POST', 'api-keys', { name: 'a', role: 'admin' })).body.key
    await plane.ask('POST', '/api/v1/tenant/suspend', { key: admin })
    expect((await ask('GET', 'agents')).status).toBe(200)
    expect((await ask('POST', 'records/verify')).status).toBe(200)
    expect((await ask('POST', 'access-groups', { name: 'x' })).status).toBe(403)
    for (const [method, path] of [
      ['GET', 'agents'],
      ['GET', 'tenant'],
      ['POST', 'tenant/resume'],
    ])
      expect([path, (await plane.ask(method ?? '', `/api/v1/${path}`, { key: admin })).status]).toEqual([
        path,
        403,
      ])
    expect((await plane.ask('POST', '/api/v1/tenant/resume', { key })).status).toBe(200)
  })

  it('by the operator is not resumed by its owner, also not by suspending it once more', async () => {
    const { slug, ask } = await givenWorld(plane)
    expect((await asOperator('POST', `/${slug}/suspend`)).body.suspended.by).toBe('operator')
    await ask('POST', 'tenant/suspend')
    expect((await ask('POST', 'tenant/resume')).status).toBe(403)
    expect((await asOperator('POST', `/${slug}/resume`)).status).toBe(200)
    expect((await ask('GET', 'tenant')).body.suspended).toBeNull()
  })
})

describe('revoking everything', () => {
  it('ends every token by the epoch and every session, and does not fill the bundle with them', async () => {
    const { slug, ask, agent } = await givenWorld(plane)
    for (let made = 0; made < 3; made += 1) await sessionOf(plane, slug, agent)
    await ask('POST', 'tenant/revoke-all')
    const bundle = await bundleOf(slug)
    expect([bundle.tenant.epoch, bundle.revokedSessions]).toEqual([1, []])
    const live = await plane.query<{ n: number }>(
      `select count(*)::int as n from writ.sessions s join writ.tenants t on t.id = s.tenant_id where t.slug = $1 and s.ended_at is null`,
      [slug],
    )
    expect(live).toEqual([{ n: 0 }])
  })
})

describe('the settings of a tenant', () => {
  it('are in its next bundle', async () => {
    const { slug, ask } = await givenWorld(plane)
    const settings = {
      bodyDigestRequired: true,
      nonceRequired: true,
      requestsPerSecond: 5,
      durability: 'strict-remote',
      excerpts: 'all',
    }
    expect((await ask('PATCH', 'tenant', settings)).body.settings).toEqual(settings)
    expect((await bundleOf(slug)).tenant).toMatchObject(settings)
    expect((await ask('PATCH', 'tenant', { nonceRequired: false })).body.settings).toEqual({
      ...settings,
      nonceRequired: false,
    })
  })

  it('say when an answer may go out: strict, unless an admin says otherwise, and that is recorded', async () => {
    const { slug, ask } = await givenWorld(plane)
    expect((await ask('GET', 'tenant')).body.settings.durability).toBe('strict')
    expect((await bundleOf(slug)).tenant.durability).toBe('strict')
    expect((await ask('PATCH', 'tenant', { durability: 'none' })).status).toBe(400)
    expect((await ask('PATCH', 'tenant', { durability: 'standard' })).body.settings.durability).toBe(
      'standard',
    )
    expect((await bundleOf(slug)).tenant.durability).toBe('standard')
    const events = await plane.query<{ administration: string }>(
      `select e.administration from writ.administration_events e join writ.tenants t on t.id = e.tenant_id
        where t.slug = $1 order by e.seq desc limit 1`,
      [slug],
    )
    const { route, before, after } = JSON.parse(events[0]?.administration ?? '{}')
    expect([route, before.settings.durability, after.settings.durability]).toEqual([
      'PATCH /api/v1/tenant',
      'strict',
      'standard',
    ])
  })

  it('ask for no more requests a second than the operator lets it have', async () => {
    const { slug, ask } = await givenWorld(plane)
    const limited = await asOperator('PATCH', `/${slug}/limits`, { requestsPerSecond: 100 })
    expect(limited.body).toMatchObject({
      limits: { requestsPerSecond: 100 },
      settings: { requestsPerSecond: 100 },
    })
    const over = await ask('PATCH', 'tenant', { requestsPerSecond: 101 })
    expect([over.status, over.body.limit, over.body.value]).toEqual([409, 'requestsPerSecond', 100])
    expect((await bundleOf(slug)).tenant.requestsPerSecond).toBe(100)
  })
})

describe('a limit', () => {
  type Making = [limit: string, path: string, body: (n: number, human: string) => unknown]
  const makings: Making[] = [
    ['humans', 'humans', (n) => ({ name: 'x', email: `x${n}@example.test` })],
    ['agents', 'agents', (n, human) => ({ name: `x${n}`, human })],
    ['accessGroups', 'access-groups', (n) => ({ name: `x${n}` })],
    ['apiKeys', 'api-keys', (n) => ({ name: `x${n}`, role: 'auditor' })],
    [
      'connections',
      'connections',
      (n) => ({ name: `x${n}`, url: 'http://127.0.0.1:9/mcp', credential: { kind: 'none' } }),
    ],
    ['policies', 'policies', (n) => ({ name: `x${n}`, document: NEW_POLICY.document })],
  ]

  it.each(makings)(
    'of %s is a conflict that names it, and holds when many come at once',
    async (limit, path, body) => {
      const { slug, ask, agent } = await givenWorld(plane)
      const [row] = await plane.query<{ n: number }>(
        `select count(*)::int as n from writ.${path.replace('-', '_')} x join writ.tenants t on t.id = x.tenant_id where t.slug = $1`,
        [slug],
      )
      const most = (row?.n ?? 0) + 2
      await asOperator('PATCH', `/${slug}/limits`, { [limit]: most })
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, n) => ask('POST', path, body(n, agent.human))),
      )
      const refused = answers.filter(({ status }) => status !== 201)
      expect(refused).toHaveLength(4)
      for (const { body: problem } of refused)
        expect(problem).toMatchObject({ status: 409, limit, value: most, title: 'Conflict' })
    },
  )
})

describe('the limit of humans', () => {
  it('counts who is restored', async () => {
    const { slug, ask, agent } = await givenWorld(plane)
    await asOperator('PATCH', `/${slug}/limits`, { humans: 1 })
    expect((await ask('POST', `humans/${agent.human}/suspend`)).status).toBe(200)
    expect((await ask('POST', 'humans', { name: 'x', email: 'x@example.test' })).status).toBe(201)
    const restored = await ask('POST', `humans/${agent.human}/restore`)
    expect([restored.status, restored.body.limit]).toEqual([409, 'humans'])
  })
})

describe('a tenant that is deleted', () => {
  it('was suspended first', async () => {
    const { slug } = await givenWorld(plane)
    expect((await asOperator('DELETE', `/${slug}`)).status).toBe(409)
  })

  it('is deleted by its owner only with its name', async () => {
    const { slug, ask } = await givenWorld(plane)
    await ask('POST', 'tenant/suspend')
    expect((await ask('DELETE', 'tenant', { slug: 'another' })).status).toBe(400)
    expect((await ask('DELETE', 'tenant', { slug })).body).toMatchObject({ slug })
    expect((await ask('GET', 'tenant')).status).toBe(401)
  })

  it('leaves its records, what was done to it, its place in the feed and nothing else', async () => {
    const world = await givenWorld(plane)
    await furnish(plane, world, node)
    await asOperator('POST', `/${world.slug}/suspend`)
    expect((await asOperator('DELETE', `/${world.slug}`)).status).toBe(200)
    const tables = await plane.query<{ name: string }>(
      `select relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where relnamespace = 'writ'::regnamespace and relkind = 'r'`,
    )
    const left: string[] = []
    for (const { name } of tables)
      if ((await plane.query(`select 1 from writ.${name} where tenant_id = $1`, [world.tenant])).length > 0)
        left.push(name)
    expect(left.sort()).toEqual(['administration_events', 'holds', 'outbox', 'streams'])
    expect(await plane.query('select name from writ.tenants where id = $1', [world.tenant])).toEqual([
      { name: '' },
    ])
  })

  it('disturbs no other tenant', async () => {
    const [gone, stays] = [await givenWorld(plane), await givenWorld(plane)]
    const before = (await stays.ask('GET', 'agents')).text
    await asOperator('POST', `/${gone.slug}/suspend`)
    await asOperator('DELETE', `/${gone.slug}`)
    expect((await stays.ask('GET', 'agents')).text).toBe(before)
    expect((await bundleOf(stays.slug)).connections).toHaveLength(1)
  })

  it('has no bundle, no authority and no keys any more', async () => {
    const { slug, ask } = await givenWorld(plane)
    await asOperator('POST', `/${slug}/suspend`)
    await asOperator('DELETE', `/${slug}`)
    expect((await node.ask('GET', `/internal/v1/bundles/${slug}`)).status).toBe(404)
    expect((await ask('GET', 'agents')).status).toBe(401)
    expect((await asOperator('POST', `/${slug}/api-keys`, {})).status).toBe(404)
    expect((await asOperator('DELETE', `/${slug}`)).status).toBe(404)
  })

  it('keeps its slug for 30 days, and whoever gets it then goes on with the versions of its bundles', async () => {
    const { slug } = await givenWorld(plane)
    const { version } = await bundleOf(slug)
    await asOperator('POST', `/${slug}/suspend`)
    await asOperator('DELETE', `/${slug}`)
    const again = () => asOperator('POST', '', { slug, name: 'another' })
    expect((await again()).status).toBe(409)
    laterMs += 30 * DAY_MS - 60_000
    expect((await again()).status).toBe(409)
    laterMs += 120_000
    const third = await again()
    laterMs = 0
    expect(third.status).toBe(201)
    expect((await bundleOf(slug)).version).toBeGreaterThan(version + 2)
  })

  it('is never erased while it works, whoever asks the database', async () => {
    const { tenant } = await givenWorld(plane)
    await expect(
      plane.query(`select set_config('app.tenant_id', '${tenant}', false), app.erase_tenant(now())`),
    ).rejects.toMatchObject({ code: '55000' })
  })
})

describe('the slug of a living tenant', () => {
  it('is never given free', async () => {
    const { slug } = await givenWorld(plane)
    const platform = plane.app.get(PlatformQueries)
    const { tenant } = await plane.newTenant()
    const release = plane.app
      .get(Tenancy)
      .run(tenant, (db) => releaseSlug(db.manager, slug, new Date(Date.now() + DAY_MS)))
    expect(await release).toBe(0)
    expect(await platform.tenantBySlug(slug)).not.toBeNull()
  })
})
