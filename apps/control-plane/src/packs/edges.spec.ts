import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { RecordFields } from '@writ/audit'
import { createTenantScope, ingestBatch, openDatabase, PlatformQueries, recordHead } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import type { TestNode, TestStream } from '@writ/postgres/testing'
import { givenPacks, membersIn, verified } from './given-packs.suite.ts'
import type { Audited, PackWorld } from './given-packs.suite.ts'
import { inTurn } from './pack-maker.ts'

jest.setTimeout(120_000)

let world: PackWorld
let worker: Database
let app: Database

beforeAll(async () => {
  world = await givenPacks()
  worker = await openDatabase(world.plane.workerUrl, { poolSize: 1, applicationName: 'packs edges worker' })
  app = await openDatabase(world.plane.appUrl, { poolSize: 1, applicationName: 'packs edges' })
})
afterAll(async () => {
  await worker?.close()
  await app?.close()
  await world?.close()
})

async function givenNode(): Promise<TestNode> {
  const node = createTestNode()
  await world.plane.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test')`,
    [node.id, node.publicKey],
  )
  return node
}

const append = (stream: TestStream, from: number, to: number) =>
  ingestBatch(createTenantScope(worker), stream.opened(from, to))

const manifestOf = (zip: Buffer) => JSON.parse((membersIn(zip).get('manifest.json') ?? '').toString())

/** One that the loop of the control plane does not take, for it is due long after this. */
const givenWaiting = (tenant: string, id: string) =>
  world.plane.query(
    `insert into writ.packs (tenant_id, id, kind, query, requested_by, requested_at, disclosed, log_size, due_at)
     values ($1, $2, 'range', '{}', '{}', now(), false, 1, '2999-01-01')`,
    [tenant, id],
  )

type Range = { readonly from: number; readonly to: number; readonly arrived?: boolean }

/** A stream whose node signed that it had come to record 9, of which so many are there, and what the platform told of its losses. */
async function givenLosses(tenant: Audited, there: number, ...told: Range[]): Promise<TestStream> {
  const [node, platform] = [await givenNode(), await givenNode()]
  const stream = createTestStream(node, tenant.id, 9)
  await append(stream, 0, there)
  await createTenantScope(app).run(tenant.id, (manager) => recordHead(manager, node.id, stream.head(9)))
  const toldBy = createTestStream(platform, tenant.id, told.length, (seq): Partial<RecordFields> => {
    const { from = 0, to = 9, arrived = false } = told[seq] ?? {}
    return { kind: 'stream_lost', lost: { stream: stream.id, from, to, arrived }, outcome: 'failed' }
  })
  await append(toldBy, 0, told.length)
  return stream
}

describe('a pack of a stream that lost records', () => {
  it('names one range where it was told in two that touch', async () => {
    const tenant = await world.audited()
    const stream = await givenLosses(tenant, 2, { from: 2, to: 5 }, { from: 5, to: 9 })
    const zip = await world.download(tenant, (await world.made(tenant)).id)
    expect(await verified(zip)).toMatchObject({
      holds: true,
      faults: [],
      lost: [{ stream: stream.id, from: 2, to: 9 }],
    })
  })

  it('names none of those that came after all, also where nobody has told yet that they did', async () => {
    const tenant = await world.audited()
    const stream = await givenLosses(tenant, 2, { from: 2, to: 9 })
    await append(stream, 2, 4)
    const zip = await world.download(tenant, (await world.made(tenant)).id)
    expect(await verified(zip)).toMatchObject({
      holds: true,
      faults: [],
      lost: [{ stream: stream.id, from: 4, to: 9 }],
    })
  })
})

/** Ten records, of which retention has removed the first five. */
async function givenCut(): Promise<Audited> {
  const tenant = await world.audited()
  await world.record(tenant, 10)
  await world.made(tenant)
  await world.plane.query(
    `set session_replication_role = replica; delete from writ.records where tenant_id = '${tenant.id}' and leaf_index < 5;
     set session_replication_role = origin`,
  )
  await world.plane.query(
    'insert into writ.removals (tenant_id, first_leaf, last_leaf) values ($1, 0, 2), ($1, 3, 4)',
    [tenant.id],
  )
  return tenant
}

describe('a pack of a log of which retention removed the beginning', () => {
  it.each([{ leaves: { to: 3 } }, { leaves: { to: 5 }, filter: { tool: 'search' } }])(
    'that would be of nothing but what is gone is not made: %j',
    async (query) => {
      const { state, failure, rows } = await world.made(await givenCut(), query)
      expect([state, failure, rows]).toEqual(['failed', 'none of these records is kept any more', null])
    },
  )

  it('is of what is left, complete', async () => {
    const tenant = await givenCut()
    const pack = await world.made(tenant)
    expect(pack).toMatchObject({ state: 'done', leaves: { from: 5, to: 10 }, rows: 5 })
    expect(await verified(await world.download(tenant, pack.id))).toMatchObject({ holds: true, rows: 5 })
  })
})

describe('a pack of a year that there is not', () => {
  it.each([{ filter: { from: '0000-01-01T00:00:00Z' } }, { time: { since: '0000-01-01T00:00:00Z' } }])(
    'is refused at once: %j',
    async (query) => {
      const tenant = await world.audited()
      await world.record(tenant, 1)
      const { status, body } = await world.ask(tenant, query)
      expect([status, body.errors]).toEqual([400, [expect.objectContaining({ path: expect.any(String) })]])
    },
  )
})

describe('a pack of a log whose trust file does not name the key that signs now', () => {
  it('is not made: nobody could verify it', async () => {
    const tenant = await world.audited()
    await world.record(tenant, 3)
    await world.made(tenant)
    await world.plane.query(
      `set session_replication_role = replica; update writ.trust_files set file = regexp_replace(file, '\\+[0-9a-f]{8}\\+', '+00000000+', 'g')
         where tenant_id = '${tenant.id}'; set session_replication_role = origin`,
    )
    const { state, failure } = await world.made(tenant)
    expect([state, failure]).toEqual([
      'failed',
      expect.stringContaining('was not signed since its key changed'),
    ])
  })
})

describe('a pack that is to disclose nothing', () => {
  it('has every personal field sealed, though whoever asked may see them, and verifies', async () => {
    const tenant = await world.audited()
    await world.record(tenant, 2)
    expect(await world.made(tenant)).toMatchObject({ state: 'done', disclosed: true })
    const pack = await world.made(tenant, { disclose: false })
    expect(pack).toMatchObject({ state: 'done', disclosed: false, query: { disclose: false } })
    const zip = await world.download(tenant, pack.id)
    expect(await verified(zip)).toMatchObject({ holds: true, proves: 'complete', rows: 2, disclosures: 0 })
    for (const [name, bytes] of membersIn(zip))
      expect([name, bytes.includes('Lovelace')]).toEqual([name, false])
  })
})

describe('packs of a log that grows', () => {
  it('are each of the log as it was at the request, however many are asked for at once', async () => {
    const tenant = await world.audited()
    await world.record(tenant, 300)
    const asked = Promise.all([
      world.ask(tenant),
      world.ask(tenant, { filter: { tool: 'search' } }),
      world.ask(tenant, { filter: { tool: 'none' }, withHashes: true }),
    ])
    await Promise.all([asked, world.record(tenant, 400)])
    for (const { body } of await asked) {
      const pack = await world.settled(tenant, body.id)
      const result = await verified(await world.download(tenant, pack.id))
      expect([pack.kind, result.holds, result.rows]).toEqual([pack.kind, true, pack.rows])
    }
  })
})

describe('packs that wait', () => {
  it('are begun in the order in which they were asked for, whichever tenant has the lower id', () => {
    const [early, late] = ['1', '2'].map((digit) => digit.repeat(26))
    const packs = [
      { tenantId: `ten_${early}`, slug: 'a', id: `pak_${late}`, isOver: false },
      { tenantId: `ten_${late}`, slug: 'b', id: `pak_${early}`, isOver: false },
    ] as const
    expect(inTurn(packs).map(({ slug }) => slug)).toEqual(['b', 'a'])
  })

  it('are looked at in that order too, where more tenants wait than are looked at', async () => {
    const tenants = [await world.audited(), await world.audited(), await world.audited()]
    const ids = ['3', '1', '2'].map((digit) => `pak_${digit.repeat(26)}`)
    for (const [at, { id }] of tenants.entries()) await givenWaiting(id, ids[at] ?? '')
    const found = await world.plane.app.get(PlatformQueries).packsToWork(2, new Date(Date.UTC(3000, 0, 1)))
    expect(found.filter(({ isOver }) => !isOver).map(({ id }) => id)).toEqual([ids[1], ids[2]])
    await world.plane.query(`update writ.packs set state = 'cancelled' where id = any($1)`, [ids])
  })
})

describe('a pack of a log that goes on under another origin', () => {
  it('follows on the newest pack of this origin, however large the other was', async () => {
    const tenant = await world.audited()
    await world.record(tenant, 10)
    await world.made(tenant)
    await world.plane.query(
      `insert into writ.packs (tenant_id, id, state, kind, query, requested_by, requested_at, disclosed, log_size,
         tree_size, checkpoint, finished_at)
       select tenant_id, 'pak_of_before', 'expired', kind, query, requested_by, requested_at, disclosed, 99, 99,
         'before.' || replace(checkpoint, E'\\n10\\n', E'\\n99\\n'), now() from writ.packs where tenant_id = $1`,
      [tenant.id],
    )
    await world.record(tenant, 5)
    const pack = await world.made(tenant, { leaves: { from: 10 } })
    expect(await verified(await world.download(tenant, pack.id))).toMatchObject({ holds: true, previous: 10 })
  })
})

describe('a pack with a record that was damaged in the ledger', () => {
  it.each([
    ['a stream that is none', '"stream":"nod_', '"stream":"xod_'],
    ['a number that is none', '"seq":7', '"seq":7.5'],
    ['a bundle that is none', '"version":3', '"version":3.5'],
  ])('is made, and names its leaf: %s', async (_, from, to) => {
    const tenant = await world.audited()
    const bundle = { version: 3, sha256: 'a'.repeat(64) }
    await world.record(tenant, 10, () => ({ bundle }))
    await world.plane.query(
      `set session_replication_role = replica; update writ.records set bytes = convert_to(replace(convert_from(bytes, 'UTF8'),
         '${from}', '${to}'), 'UTF8') where tenant_id = '${tenant.id}' and leaf_index = 7;
       set session_replication_role = origin`,
    )
    const pack = await world.made(tenant)
    expect([pack.state, pack.failure]).toEqual(['done', null])
    const zip = await world.download(tenant, pack.id)
    const { holds, faults } = await verified(zip)
    expect([holds, manifestOf(zip).rows]).toEqual([false, 10])
    expect(faults).toContainEqual(expect.objectContaining({ check: 'form', leaf: 7 }))
    expect(faults).not.toContainEqual(expect.objectContaining({ check: 'manifest' }))
  })
  it.each([
    ['is longer than a pack takes it', `bytes || convert_to(repeat('x', 65536), 'UTF8')`],
    ['has more than one line', `'\\x0a'::bytea || bytes`],
  ])('is not made where no line of a pack can be it, and the leaf is named: it %s', async (_, bytes) => {
    const tenant = await world.audited()
    await world.record(tenant, 10)
    await world.plane.query(
      `set session_replication_role = replica; update writ.records set bytes = ${bytes} where tenant_id = '${tenant.id}'
         and leaf_index = 7; set session_replication_role = origin`,
    )
    const { state, failure } = await world.made(tenant)
    expect([state, failure]).toEqual(['failed', expect.stringMatching(/^record 7 .* before and behind it$/)])
    expect((await world.made(tenant, { leaves: { from: 8 } })).state).toBe('done')
  })
})
