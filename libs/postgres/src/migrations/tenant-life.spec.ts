import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { TenantId } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { openDatabase } from '../data-source.ts'
import type { Database } from '../data-source.ts'
import { PlatformQueries } from '../platform-queries.ts'
import { releaseSlug } from '../slugs.ts'
import { createTenantScope } from '../tenant-scope.ts'
import type { TenantScope } from '../tenant-scope.ts'
import { createTestDatabase, insertTestTenant } from '../testing.ts'
import type { TestDatabase } from '../testing.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let app: Database
let scope: TenantScope

beforeAll(async () => {
  database = await createTestDatabase()
  app = await openDatabase(database.appUrl, { poolSize: 4, applicationName: 'tenant life spec' })
  scope = createTenantScope(app)
})
afterAll(async () => {
  await app?.close()
  await database?.drop()
})

const erase = (tenant: TenantId): Promise<unknown> =>
  scope.run(tenant, (manager) => manager.query('select app.erase_tenant(now())'))

const suspend = (manager: EntityManager): Promise<unknown> =>
  manager.query('update writ.tenants set suspended_at = now() where id = app.tid()')

describe('erasing a tenant', () => {
  it('removes its rows, also of tables that come later and point at others', async () => {
    const [gone, stays] = [await insertTestTenant(scope, 'gone'), await insertTestTenant(scope, 'stays')]
    await database.query(`
      create table writ.a_later (tenant_id text not null references writ.tenants (id), id text, primary key (tenant_id, id));
      create table writ.b_later (tenant_id text not null references writ.tenants (id), id text,
        foreign key (tenant_id, id) references writ.a_later (tenant_id, id));
      alter table writ.a_later owner to writ_owner;
      alter table writ.b_later owner to writ_owner;
      insert into writ.a_later select id, 'a' from writ.tenants;
      insert into writ.b_later select id, 'a' from writ.tenants;`)
    await scope.run(gone, suspend)
    await erase(gone)
    const left = await database.query<{ tenant_id: string }>('select tenant_id from writ.b_later')
    expect(left).toEqual([{ tenant_id: stays }])
    expect(await database.query('select id from writ.access_groups where tenant_id = $1', [gone])).toEqual([])
    await database.query('drop table writ.b_later; drop table writ.a_later')
  })

  it('takes a suspended tenant, once', async () => {
    const tenant = await insertTestTenant(scope, 'once')
    await expect(erase(tenant)).rejects.toMatchObject({ code: '55000' })
    await scope.run(tenant, suspend)
    await erase(tenant)
    await expect(erase(tenant)).rejects.toMatchObject({ code: '55000' })
  })

  it('reaches no tenant but the one that is open', async () => {
    await expect(database.query('select app.erase_tenant(now())')).rejects.toMatchObject({ code: '55000' })
  })
})

describe('a slug', () => {
  it('is given free after its time, and not of a tenant that lives', async () => {
    const platform = new PlatformQueries(app)
    const tenant = await insertTestTenant(scope, 'free')
    const later = new Date(Date.now() + 60_000)
    const release = (before: Date) => scope.run(tenant, (manager) => releaseSlug(manager, 'free', before))
    expect(await release(later)).toBe(0)
    await scope.run(tenant, async (manager) => {
      await manager.query('update writ.tenants set bundle_version = 7 where id = app.tid()')
      await suspend(manager)
    })
    await erase(tenant)
    expect(await platform.tenantBySlug('free')).toBeNull()
    expect(await release(new Date(Date.now() - 60_000))).toBe(0)
    await expect(insertTestTenant(scope, 'free')).rejects.toMatchObject({ code: '23505' })
    expect(await release(later)).toBe(7)
    await expect(insertTestTenant(scope, 'free')).resolves.toMatch(/^ten_/)
  })
})

describe('what the application may do to administrative events', () => {
  it('is to add the next one', async () => {
    const tenant = await insertTestTenant(scope, 'events')
    const add = (seq: number) =>
      scope.run(tenant, (manager) =>
        manager.query(
          `insert into writ.administration_events (tenant_id, seq, decision_id, at, administration) values (app.tid(), $1, 'd', now(), '{}')`,
          [seq],
        ),
      )
    await add(1)
    await expect(add(1)).rejects.toMatchObject({ code: '23505' })
    for (const change of [
      'update writ.administration_events set seq = 2',
      'delete from writ.administration_events',
    ])
      await expect(scope.run(tenant, (manager) => manager.query(change))).rejects.toMatchObject({
        code: '42501',
      })
  })
})
