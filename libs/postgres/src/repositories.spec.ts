import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { RecordQuery } from '@writ/contracts'
import type { TenantId } from '@writ/contracts'
import type { EntityManager } from 'typeorm'
import { ENTITIES } from './entities/list.ts'
import * as room from './index.ts'
import type { Database, TenantScope } from './index.ts'
import {
  createTestDatabase,
  createTestNode,
  createTestStream,
  insertTestNode,
  insertTestTenant,
  testId,
} from './testing.ts'
import type { TestDatabase, TestNode, TestStream } from './testing.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let app: Database
let worker: Database
let scope: TenantScope
let node: TestNode
let theirs: TenantId
let mine: TenantId
let theirStream: TestStream

beforeAll(async () => {
  database = await createTestDatabase()
  app = await room.openDatabase(database.appUrl, { poolSize: 3, applicationName: 'repositories spec' })
  worker = await room.openDatabase(database.workerUrl, { poolSize: 3, applicationName: 'repositories spec' })
  scope = room.createTenantScope(app)
  node = createTestNode()
  await insertTestNode(database, node)
  ;[theirs, mine] = [await insertTestTenant(scope, 'theirs'), await insertTestTenant(scope, 'mine')]
  theirStream = createTestStream(node, theirs, 4)
  await room.ingestBatch(room.createTenantScope(worker), theirStream.opened(0, 3))
  await scope.run(theirs, (manager) =>
    manager.query(
      `insert into writ.humans (tenant_id, id, name, email) values (app.tid(), $1, 'n', 'n@example.test')`,
      [testId('hum')],
    ),
  )
})
afterAll(async () => {
  await app?.close()
  await worker?.close()
  await database?.drop()
})

/** Everything that the other tenant has, as text. */
async function theirRows(): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relnamespace = 'writ'::regnamespace and c.relkind = 'r'`,
  )
  const rows = tables.map(
    ({ name }) =>
      `select '${name}' as name, string_agg(t::text, e'\\n') as rows from writ.${name} t where tenant_id = $1`,
  )
  return JSON.stringify(await database.query(`${rows.join(' union all ')} order by 1`, [theirs]))
}

/** What each exported function that works inside a tenant answers there to what is the other tenant's, and to what nobody has. */
const VISITS: Record<string, (manager: EntityManager, stream: TestStream) => Promise<unknown>> = {
  queryRecords: (manager, stream) =>
    room.queryRecords(manager, RecordQuery.parse({ decision: decisionOf(stream) })),
  readEvidence: async (manager) => {
    const { logSize, streams, records } = await room.readEvidence(manager, {
      tenantId: mine,
      exportedAt: new Date(0),
    })
    return { logSize, streams, records }
  },
  pendingRecords: (manager) => room.pendingRecords(manager),
  recordHead: (manager, stream) => room.recordHead(manager, node.id, stream.head(4)),
  mintBundleVersion: () => Promise.resolve(),
  announceBundle: (manager, stream) =>
    room
      .announceBundle(manager, { tenantId: stream.tenant, slug: 'theirs', version: 9 })
      .catch(({ code }: { code?: string }) => code),
}
/** Work over all tenants on purpose, or open what the others need. */
const OF_NO_TENANT = [
  'openDatabase',
  'createTenantScope',
  'ingestBatch',
  'quarantine',
  'migrate',
  'releaseSlug',
]

const decisionOf = (stream: TestStream) => stream.opened(0, 1).records[0]?.decisionId

const isClass = (value: unknown) => typeof value === 'function' && /^class\b/.test(String(value))

describe('every exported function', () => {
  it('is visited, or said to be of no tenant', () => {
    const functions = Object.entries(room).flatMap(([name, value]) =>
      typeof value === 'function' && !isClass(value) ? [name] : [],
    )
    expect(functions.sort()).toEqual([...Object.keys(VISITS), ...OF_NO_TENANT].sort())
  })

  it.each(Object.keys(VISITS))(
    '%s answers to what is of another tenant as to what nobody has',
    async (name) => {
      const before = await theirRows()
      const visit = (stream: TestStream) => scope.run(mine, (manager) => VISITS[name]!(manager, stream))
      const ofNobody = createTestStream(node, `ten_${'0'.repeat(26)}`, 4)
      expect(await visit(theirStream)).toEqual(await visit(ofNobody))
      expect(await theirRows()).toBe(before)
    },
  )

  it('that takes a batch keeps it where its stream belongs, whatever tenant is open elsewhere', async () => {
    const foreign = { ...theirStream.opened(3, 4) }
    const taken = await room.ingestBatch(room.createTenantScope(worker), {
      ...foreign,
      batch: { ...foreign.batch, tenant: mine },
    })
    expect(taken).toMatchObject({ outcome: 'gap' })
    expect(await database.query('select 1 from writ.records where tenant_id = $1', [mine])).toEqual([])
  })
})

describe('every entity', () => {
  it.each(ENTITIES.map((entity) => [entity.name, entity] as const))(
    '%s is found, changed and removed within one tenant only',
    async (_, entity) => {
      const before = await theirRows()
      const own = entity === room.Tenant ? 'id' : 'tenantId'
      const found = await scope.run(mine, (manager) => manager.find(entity))
      for (const row of found) expect(Reflect.get(row, own)).toBe(mine)
      const attempts = [
        (manager: EntityManager) => manager.update(entity, { [own]: theirs }, { [own]: mine }),
        (manager: EntityManager) => manager.delete(entity, { [own]: theirs }),
      ]
      for (const attempt of attempts) {
        const affected = await scope
          .run(mine, async (manager) => (await attempt(manager)).affected)
          .catch(({ code }: { code?: string }) => code)
        // Nothing there to change, or no right to change it.
        expect([0, '42501']).toContain(affected)
      }
      expect(await theirRows()).toBe(before)
    },
  )
})
