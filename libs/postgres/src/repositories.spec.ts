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
  await scope.run(theirs, (manager) => keepTree(manager))
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

/** A sealed tree, with a fork behind it. */
async function keepTree(manager: EntityManager): Promise<void> {
  const [store, at, hash] = [room.treeStoreOf(manager, 'tenant'), new Date(0), Buffer.alloc(32, 1)]
  await store.begin({ logId: 'theirs', salt: hash })
  await store.nextEpoch({ epoch: 1, notice: 'theirs', at })
  await store.keep([{ level: 0, index: 0, width: 1, hashes: hash }], {
    seq: 1,
    epoch: 1,
    origin: 'theirs',
    size: 1,
    root: hash,
    note: 'theirs',
    at,
    globalIndex: null,
  })
  await room.keepTrust(manager, { version: 1, file: 'theirs', at })
}

/** Everything that the other tenant has, as text. */
async function theirRows(): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relnamespace = 'writ'::regnamespace and c.relkind in ('r', 'p')`,
  )
  const rows = tables.map(
    ({ name }) =>
      `select '${name}' as name, string_agg(t::text, e'\\n') as rows from writ.${name} t where tenant_id = $1`,
  )
  return JSON.stringify(await database.query(`${rows.join(' union all ')} order by 1`, [theirs]))
}

let kept = 0

/** What each exported function that works inside a tenant answers there to what is the other tenant's, and to what nobody has. */
const VISITS: Record<string, (manager: EntityManager, stream: TestStream) => Promise<unknown>> = {
  queryRecords: (manager, stream) =>
    room.queryRecords(manager, RecordQuery.parse({ decision: decisionOf(stream) })),
  recordAt: async (manager) => (await room.recordAt(manager, 0)) === null,
  leavesAt: async (manager, { tenant }) =>
    (await room.leavesAt(manager, [0, 1, 2, 3])).map(({ leafIndex }) => [tenant, leafIndex]),
  newestLeaves: async (manager, { tenant }) => {
    const { leaves } = await room.newestLeaves(manager, {}, { most: 9, lookMs: 1000 })
    return leaves.map((leaf) => [tenant, leaf])
  },
  searchLeaves: (manager, stream) => {
    const record = stream.opened(0, 1).records[0]
    const session = record?.session ?? undefined
    return room.searchLeaves(manager, { filter: { session }, order: 'newest', limit: 9 })
  },
  countRecords: async (manager, stream) => {
    const agent = stream.opened(0, 1).records[0]?.agent?.id
    return room.countRecords(manager, { filter: { agent }, field: 'agent', most: 9 })
  },
  timesOfRecords: (manager, stream) => {
    const agent = stream.opened(0, 1).records[0]?.agent?.id
    const [from, until] = ['2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z']
    return room.timesOfRecords(manager, { agent, from, until, steps: 1 })
  },
  readEvidence: async (manager) => {
    const { logSize, streams, records } = await room.readEvidence(manager, {
      tenantId: mine,
      exportedAt: new Date(0),
    })
    return { logSize, streams, records }
  },
  sizeOfEvidence: (manager) => room.sizeOfEvidence(manager, 9),
  pendingRecords: (manager) => room.pendingRecords(manager),
  recordHead: (manager, stream) => room.recordHead(manager, node.id, stream.head(4)),
  mintBundleVersion: () => Promise.resolve(),
  archivedSize: (manager) => room.archivedSize(manager),
  checkpointsOf: (manager) => room.checkpointsOf(manager, { limit: 10 }),
  keepTrust: (manager) => room.keepTrust(manager, { version: (kept += 1), file: 'mine', at: new Date(0) }),
  latestCheckpoint: (manager) => room.latestCheckpoint(manager),
  latestTrust: async (manager) => (await room.latestTrust(manager))?.file ?? 'mine',
  removedLeaves: (manager) => room.removedLeaves(manager, { from: 0, to: 9 }),
  tileReader: (manager) => room.tileReader(manager)({ level: 0, index: 0, width: 1 }),
  treeStoreOf: async (manager) => {
    const store = room.treeStoreOf(manager, 'tenant')
    const tile = { level: 0, index: 0, width: 1 }
    await Promise.all([
      store.archived(0, 9),
      store.patrolledTo(9, new Date(0)),
      store.stop(0, 'x', new Date(0)),
      store.note(1, 'x'),
    ])
    await store.nextEpoch({ epoch: (kept += 1), notice: 'mine', at: new Date(0) })
    const forks = (await store.forks()).filter(({ notice }) => notice !== 'mine')
    const tiles = [await store.tiles(0)(tile), await store.tiles(1)(tile)]
    return [await store.state(), await store.latest(), await store.leaves(0, 9), tiles, forks]
  },
  announceBundle: (manager, stream) =>
    room
      .announceBundle(manager, { tenantId: stream.tenant, slug: 'theirs', version: 9 })
      .catch(({ code }: { code?: string }) => code),
}
/** Work over all tenants on purpose, or open what the others need. */
const OF_NO_TENANT = [
  'createAuditIndex',
  'createAuditLedger',
  'recordConditions',
  'recordOf',
  'viewOf',
  'addGlobalLeaf',
  'globalLeaf',
  'openDatabase',
  'createTenantScope',
  'ingestBatch',
  'nextSeqOf',
  'quarantine',
  'quarantineRecord',
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
    const wanted = (tenant: TenantId) =>
      room.nextSeqOf(room.createTenantScope(worker), { ...foreign.batch, tenant })
    expect([await wanted(theirs), await wanted(mine)]).toEqual([3, 0])
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
