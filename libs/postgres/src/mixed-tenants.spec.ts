import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { TenantId } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { openDatabase, sourceOf } from './data-source.ts'
import type { Database } from './data-source.ts'
import { createTenantScope } from './tenant-scope.ts'
import type { TenantScope } from './tenant-scope.ts'
import { createTestDatabase, insertTestTenant, testId } from './testing.ts'
import type { TestDatabase } from './testing.ts'

jest.setTimeout(60_000)

const REQUESTS = 200
const CONNECTIONS = 4
const TENANTS = 5

let database: TestDatabase
let app: Database
let scope: TenantScope
let tenants: TenantId[]

beforeAll(async () => {
  database = await createTestDatabase()
  app = await openDatabase(database.appUrl, { poolSize: CONNECTIONS, applicationName: 'mixed tenants spec' })
  scope = createTenantScope(app, { atOnce: 3, waiting: REQUESTS })
  tenants = await Promise.all(
    Array.from({ length: TENANTS }, (_, at) => insertTestTenant(scope, `mixed-${at}`)),
  )
})
afterAll(async () => {
  await app?.close()
  await database?.drop()
})

/** Ways for a request to end between the moment when its tenant is set and its commit. */
const FAILURES: readonly ((manager: EntityManager) => Promise<unknown>)[] = [
  () => Promise.reject(new Error('a bug')),
  (manager) => manager.query('select 1 / 0'),
  (manager) => manager.query('select pg_terminate_backend(pg_backend_pid())'),
  (manager) => manager.query(`set local statement_timeout = 5; select pg_sleep(1)`),
  (manager) =>
    manager.query('insert into writ.humans (tenant_id, id, name, email) values ($1, $2, $2, $2)', [
      testId('ten'),
      'x',
    ]),
]

type Outcome = { readonly tenant: TenantId; readonly id: string; readonly seen: readonly string[] | null }

/** Writes one row and reads all that are seen; every third request fails, each in another way. */
async function request(at: number): Promise<Outcome> {
  const tenant = tenants[at % TENANTS] ?? tenants[0]!
  const id = testId('hum')
  const fail = at % 3 === 0 ? FAILURES[at % FAILURES.length] : undefined
  try {
    const seen = await scope.run(tenant, async (manager) => {
      await manager.query(
        'insert into writ.humans (tenant_id, id, name, email) values (app.tid(), $1, $1, $1)',
        [id],
      )
      await fail?.(manager)
      const rows: { tenant: string }[] = await manager.query('select tenant_id as tenant from writ.humans')
      return rows.map((row) => row.tenant)
    })
    return { tenant, id, seen }
  } catch {
    return { tenant, id, seen: null }
  }
}

describe('200 requests of several tenants at once on 4 connections, a third of which fail half way', () => {
  let outcomes: Outcome[]

  beforeAll(async () => {
    outcomes = await Promise.all(Array.from({ length: REQUESTS }, (_, at) => request(at)))
  })

  it('each see the rows of their own tenant only', () => {
    const ended = outcomes.filter(({ seen }) => seen !== null)
    expect(ended.length).toBeGreaterThanOrEqual(Math.floor((REQUESTS * 2) / 3) - CONNECTIONS)
    for (const { tenant, seen } of ended) expect(new Set(seen)).toEqual(new Set([tenant]))
  })

  it('leave what those that ended well wrote, under their tenants, and nothing else', async () => {
    const stored = await database.query<{ tenant: string; id: string }>(
      'select tenant_id as tenant, id from writ.humans order by id',
    )
    const expected = outcomes.filter(({ seen }) => seen !== null).map(({ tenant, id }) => ({ tenant, id }))
    expect(stored).toEqual(expected.toSorted((one, other) => (one.id < other.id ? -1 : 1)))
  })

  it('leave no connection with a tenant', async () => {
    const source = sourceOf(app)
    const looks = Array.from({ length: CONNECTIONS * 4 }, () =>
      source.query(`select pg_sleep(0.01), nullif(current_setting('app.tenant_id', true), '') as tenant,
        (select count(*)::int from writ.humans) as seen`),
    )
    for (const [row] of await Promise.all(looks)) expect([row.tenant, row.seen]).toEqual([null, 0])
  })
})
