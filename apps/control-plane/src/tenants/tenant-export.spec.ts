import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import { furnish, NEW_CONNECTION, NEW_SSO } from '../testing/route-visits.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { NOT_EXPORTED } from './tenant-export.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let mine: World
let theirs: World
let ids: Record<string, string>

beforeAll(async () => {
  plane = await givenControlPlane()
  const node = await joinedNode(plane)
  ;[mine, theirs] = [await givenWorld(plane), await givenWorld(plane)]
  ids = await furnish(plane, mine, node)
  await furnish(plane, theirs, node)
  await mine.ask('POST', 'connections', { ...NEW_CONNECTION, name: 'keyed' })
})
afterAll(() => plane?.close())

describe('the export of a tenant', () => {
  it('holds every row of every table that is not left out on purpose', async () => {
    const { headers, body } = await mine.ask('GET', 'tenant/export')
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${mine.slug}.json"`)
    expect(body).toMatchObject({ format: 'writ.tenant.v1', tenant: { id: mine.tenant, slug: mine.slug } })
    const tables = await plane.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = 'writ'::regnamespace and c.relkind in ('r', 'p')`,
    )
    const expected = tables.map(({ name }) => name).filter((name) => !NOT_EXPORTED.includes(name))
    expect(Object.keys(body.tables).sort()).toEqual([...expected, 'tenants'].sort())
    for (const name of expected) {
      const [row] = await plane.query<{ n: number }>(
        `select count(*)::int as n from writ.${name} where tenant_id = $1`,
        [mine.tenant],
      )
      expect([name, body.tables[name].length]).toEqual([name, row?.n])
    }
    for (const id of Object.values(ids)) expect(JSON.stringify(body)).toContain(id)
  })

  it('holds nothing of another tenant', async () => {
    const { text } = await mine.ask('GET', 'tenant/export')
    for (const foreign of [theirs.tenant, theirs.slug, theirs.agent.id, theirs.connection, theirs.policy])
      expect(text).not.toContain(foreign)
  })

  it('holds no secret, open, sealed or hashed', async () => {
    const { text } = await mine.ask('GET', 'tenant/export')
    const secrets = [mine.key.split('.')[1] ?? '', NEW_CONNECTION.credential.secret, NEW_SSO.clientSecret]
    const kept = await plane.query<{ text: string }>(
      `select secret_sha256 as text from writ.api_keys where tenant_id = $1
       union select claim_sha256 from writ.approvals where tenant_id = $1
       union select secret_sha256 from writ.directories where tenant_id = $1
       union select encode(sealed_secret, 'hex') from writ.connections where tenant_id = $1 and sealed_secret is not null
       union select encode(sealed_private, 'hex') from writ.signing_keys where tenant_id = $1`,
      [mine.tenant],
    )
    expect(kept.length).toBeGreaterThan(4)
    for (const secret of [...secrets, ...kept.map((row) => row.text)]) expect(text).not.toContain(secret)
  })

  it('is more than is read at once, and one document all the same', async () => {
    const many = Array.from({ length: 450 }, (_, n) => `('${mine.tenant}', 'j-${n}', now())`)
    await plane.query(`insert into writ.revoked_tokens (tenant_id, jti, expires_at) values ${many.join(',')}`)
    const { body } = await mine.ask('GET', 'tenant/export')
    expect(body.tables.revoked_tokens).toHaveLength(450)
  })

  it('that nobody takes to its end leaves the tenant usable', async () => {
    for (let taken = 0; taken < 12; taken += 1) {
      const leaving = new AbortController()
      const answer = await fetch(`${plane.url}/api/v1/tenant/export`, {
        headers: { authorization: `Bearer ${mine.key}` },
        signal: leaving.signal,
      })
      await answer.body?.getReader().read()
      leaving.abort()
    }
    expect((await mine.ask('GET', 'tenant')).status).toBe(200)
  })

  it('is on the record', async () => {
    const [event] = await plane.query<{ administration: string }>(
      `select administration from writ.administration_events where tenant_id = $1 order by seq desc limit 1`,
      [mine.tenant],
    )
    expect(JSON.parse(event?.administration ?? '')).toMatchObject({
      route: 'GET /api/v1/tenant/export',
      by: { kind: 'api-key' },
    })
  })
})
