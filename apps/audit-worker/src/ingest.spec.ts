import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { hashOf, signBatch } from '@writ/audit'
import { createTenantScope, ingestBatch, openDatabase, PlatformQueries, TenantScope } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import {
  createTestDatabase,
  createTestNode,
  createTestStream,
  insertTestNode,
  insertTestTenant,
} from '@writ/postgres/testing'
import type { TestDatabase, TestNode } from '@writ/postgres/testing'
import type { Trouble } from '@writ/redis'
import { Ingest } from './ingest.ts'
import { Quarantine } from './quarantine.ts'

let database: TestDatabase
let worker: Database
let app: Database
let node: TestNode

beforeAll(async () => {
  database = await createTestDatabase()
  worker = await openDatabase(database.workerUrl, { poolSize: 2, applicationName: 'ingest spec' })
  app = await openDatabase(database.appUrl, { poolSize: 1, applicationName: 'ingest spec' })
  node = createTestNode()
  await insertTestNode(database, node)
})
afterAll(async () => {
  await worker?.close()
  await app?.close()
  await database?.drop()
})

const TROUBLE: Trouble = { failed: 0, unended: 0, note: undefined, keepNote: async () => undefined }

describe('a ledger that goes back while a batch is read', () => {
  it('does not get unread what it had when the batch was opened: the batch is refused, and lands when it comes again', async () => {
    const scope = createTenantScope(worker)
    const stream = createTestStream(node, await insertTestTenant(createTenantScope(app), 'back'), 6)
    await ingestBatch(scope, stream.opened(0, 2))
    // As a ledger does that had two records more until a replica took its place, which had not got them yet.
    let before: number | null = 4
    class GoingBack extends TenantScope {
      override run: TenantScope['run'] = async (tenant, work) => {
        const said = before
        before = null
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the first that is asked is where the ledger stands
        return said === null ? scope.run(tenant, work) : (said as Awaited<ReturnType<typeof work>>)
      }
    }
    const ingest = new Ingest(new GoingBack(), new PlatformQueries(worker), new Quarantine(worker))
    const stored = () =>
      database.query('select seq::int, kind from writ.records where tenant_id = $1 order by seq', [
        stream.tenant,
      ])
    await expect(ingest.take(stream.batch(0, 6), TROUBLE)).rejects.toThrow('went back')
    expect(await stored()).toHaveLength(2)
    expect(await ingest.take(stream.batch(0, 6), TROUBLE)).toMatchObject({ ingested: 4, isolated: 0 })
    expect(await stored()).toEqual([0, 1, 2, 3, 4, 5].map((seq) => ({ seq, kind: 'closed' })))
  })
})

describe('a record whose lists are nested deeper than anybody can look', () => {
  it('is put aside with its batch, and nobody waits behind it', async () => {
    const stream = createTestStream(node, await insertTestTenant(createTenantScope(app), 'deep'), 2)
    const [first = '', second = ''] = stream.batch(0, 2).records
    const deep = '['.repeat(20_000) + ']'.repeat(20_000)
    const administration = `{"after":null,"before":${deep},"by":{"id":"o","kind":"operator","name":"o"},"permission":"p","route":"r","target":null}`
    const records = [first, second.replace('"administration":null', `"administration":${administration}`)]
    const { signature: _, ...batch } = { ...stream.batch(0, 2), records, headHash: hashOf(records[1] ?? '') }
    const ingest = new Ingest(createTenantScope(worker), new PlatformQueries(worker), new Quarantine(worker))
    expect(await ingest.take(signBatch(batch, node.privateKey), TROUBLE)).toMatchObject({
      outcome: 'quarantined',
      reason: 'unsound',
      detail: expect.stringContaining('malformed'),
    })
  })
})
