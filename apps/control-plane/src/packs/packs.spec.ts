import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Tenancy } from '../tenancy/tenancy.ts'
import { givenPacks, membersIn, verified } from './given-packs.suite.ts'
import type { Audited, PackWorld } from './given-packs.suite.ts'
import { PackLease } from './lease.ts'
import { PacksService } from './packs.service.ts'
import { forgetPacks } from './store.ts'
import { PackInterrupted } from './work.ts'

jest.setTimeout(120_000)

let world: PackWorld
let acme: Audited
let beta: Audited
const DAY_MS = 86_400_000

const dayOf = (seq: number) => new Date(Date.UTC(2026, 0, 1) + Math.min(seq, 60) * DAY_MS).toISOString()

const fields = (seq: number) => ({ at: dayOf(seq), ...(seq % 5 === 0 && { outcome: 'deny' as const }) })

/** One with two opened names, and the routes to it. */
async function givenPack(): Promise<{ id: string; path: string }> {
  const { id } = await world.made(acme, { leaves: { to: 2 } })
  return { id, path: `/api/v1/audit/packs/${id}` }
}

const statusOf = async (method: string, path: string, { key }: Audited) =>
  (await world.plane.ask(method, path, { key })).status

const leaseOn = (id: string, nowMs: () => number = Date.now) =>
  new PackLease({ nowMs }, world.plane.app.get(Tenancy), { tenant: acme, id }, () => false)

/** One that the loop of the control plane does not take, for it is due never. */
async function givenWaiting(): Promise<string> {
  const id = `pak_${Math.random().toString(36).slice(2)}`
  await world.plane.query(
    `insert into writ.packs (tenant_id, id, kind, query, requested_by, requested_at, disclosed, log_size, due_at)
     values ($1, $2, 'range', '{}', '{}', now(), false, 1, '2999-01-01')`,
    [acme.id, id],
  )
  return id
}

/** 250 records of two streams, a fifth denied, one a day apart from the next for the first 60. */
beforeAll(async () => {
  world = await givenPacks()
  acme = await world.audited()
  await world.record(acme, 150, fields)
  await world.record(acme, 100, fields)
  beta = await world.audited()
  await world.record(beta, 20)
})
afterAll(() => world?.close())

const linesIn = (members: Map<string, Buffer>, name: string): string[] =>
  (members.get(name) ?? Buffer.of()).toString('utf8').split('\n').slice(0, -1)
const jsonIn = (members: Map<string, Buffer>, name: string) =>
  JSON.parse((members.get(name) ?? '').toString())

describe('a pack of the whole log', () => {
  it('is complete, verifies away from here, and is what the view says', async () => {
    const pack = await world.made(acme)
    expect(pack).toMatchObject({
      state: 'done',
      kind: 'range',
      leaves: { from: 0, to: 250 },
      rows: 250,
      treeSize: 250,
      disclosed: true,
      failure: null,
    })
    const zip = await world.download(acme, pack.id)
    const sha256 = createHash('sha256').update(zip).digest('hex')
    expect(pack.file).toMatchObject({ sizeBytes: zip.length, sha256 })
    expect(await verified(zip)).toMatchObject({
      holds: true,
      proves: 'complete',
      rows: 250,
      disclosures: 250,
      faults: [],
    })
    const members = membersIn(zip)
    expect([...members.keys()]).toEqual([
      'records.jsonl',
      'leaves.txt',
      'leaf-hashes.bin',
      'range-proof.json',
      'disclosures.jsonl',
      'records.csv',
      'streams.json',
      'batches.jsonl',
      'report.pdf',
      'checkpoint.note',
      'consistency.json',
      'trust.json',
      'verify.mjs',
      'manifest.json',
      'manifest.jws',
    ])
    expect(linesIn(members, 'records.csv').filter((line) => line.includes('Ada Lovelace'))).toHaveLength(250)
    expect(jsonIn(members, 'manifest.json')).toMatchObject({ tenant: acme.id, rows: 250, kind: 'range' })
  })
})

describe('a pack of a range', () => {
  it('is of those leaves and no others, and follows on the pack before', async () => {
    const zip = await world.download(acme, (await world.made(acme, { leaves: { from: 7, to: 131 } })).id)
    expect(await verified(zip)).toMatchObject({ holds: true, proves: 'complete', rows: 124, previous: 250 })
    expect(linesIn(membersIn(zip), 'leaves.txt')).toEqual(Array.from({ length: 124 }, (_, at) => `${at + 7}`))
  })

  it('by time is the shortest one that holds every record of that time', async () => {
    const time = { since: '2026-01-11T00:00:00.000Z', until: '2026-01-13T00:00:00.000Z' }
    const pack = await world.made(acme, { time })
    expect(pack).toMatchObject({ state: 'done', kind: 'range', leaves: { from: 10, to: 162 }, rows: 152 })
    const none = await world.made(acme, { time: { since: '2030-01-01T00:00:00.000Z' } })
    expect([none.state, none.failure]).toEqual(['failed', 'the log holds no record of that time'])
  })

  it('that the log does not have is refused', async () => {
    for (const leaves of [{ from: 250 }, { to: 251 }, { from: 9, to: 9 }])
      expect([leaves, (await world.ask(acme, { leaves })).status]).toEqual([leaves, 400])
    const empty = await world.audited()
    expect((await world.ask(empty)).status).toBe(409)
  })
})

describe('a pack of a filter', () => {
  it('proves that each row is in the log, and claims no more', async () => {
    const pack = await world.made(acme, { filter: { outcome: 'deny' } })
    expect(pack).toMatchObject({ state: 'done', kind: 'filter', rows: 50, leaves: { from: 0, to: 250 } })
    const zip = await world.download(acme, pack.id)
    expect(await verified(zip)).toMatchObject({ holds: true, proves: 'inclusion', rows: 50, faults: [] })
    const members = membersIn(zip)
    expect([members.has('range-proof.json'), members.has('leaf-hashes.bin')]).toEqual([false, false])
    for (const line of linesIn(members, 'records.jsonl')) expect(JSON.parse(line).outcome).toBe('deny')
  })

  it('brings the hashes of all others where they are asked for', async () => {
    const query = { filter: { outcome: 'deny' }, leaves: { from: 20, to: 120 }, withHashes: true }
    const zip = await world.download(acme, (await world.made(acme, query)).id)
    expect(await verified(zip)).toMatchObject({
      holds: true,
      proves: 'inclusion-and-hashes',
      rows: 20,
      faults: [],
    })
    expect(membersIn(zip).get('leaf-hashes.bin')?.length).toBe(100 * 32)
  })

  it('that finds nothing is one without rows', async () => {
    const pack = await world.made(acme, { filter: { tool: 'nothing' } })
    expect(pack).toMatchObject({ state: 'done', rows: 0 })
    expect(await verified(await world.download(acme, pack.id))).toMatchObject({ holds: true, rows: 0 })
  })
})

describe('a pack', () => {
  it('is of its tenant alone, and whoever asked for it, took it or ended it is on the record', async () => {
    const { id, path } = await givenPack()
    const theirs = await world.audited()
    const foreign = [
      await statusOf('GET', path, theirs),
      await statusOf('GET', `${path}/file`, theirs),
      await statusOf('DELETE', path, theirs),
    ]
    expect(foreign).toEqual([404, 404, 404])
    expect((await world.plane.ask('GET', '/api/v1/audit/packs', { key: theirs.key })).body.items).toEqual([])
    await world.download(acme, id)
    expect(await statusOf('DELETE', path, acme)).toBe(200)
    const events = await world.plane.query<{ administration: string }>(
      'select administration from writ.administration_events where administration like $1 order by seq',
      [`%"target":"${id}"%`],
    )
    const told = events.map(({ administration }) => JSON.parse(administration))
    expect(told.map(({ route, permission, by }) => [route, permission, by.kind])).toEqual([
      ['POST /api/v1/audit/packs', 'records.export', 'api-key'],
      ['GET /api/v1/audit/packs/{id}/file', 'records.export', 'api-key'],
      ['DELETE /api/v1/audit/packs/{id}', 'records.export', 'api-key'],
    ])
    const after = [await statusOf('GET', `${path}/file`, acme), await statusOf('DELETE', path, acme)]
    expect(after).toEqual([410, 409])
  })

  it('with opened personal fields is not for a role that may not see them, which gets one without', async () => {
    const { id } = await givenPack()
    const service = world.plane.app.get(PacksService)
    const tenancy = world.plane.app.get(Tenancy)
    const by = { kind: 'api-key', id: 'wak_x', name: 'x' } as const
    const asking = { tenantId: acme.id, roles: ['approver'], by, human: null } as const
    const taking = tenancy.run(acme, (db) => service.file(db, asking, id))
    await expect(taking).rejects.toMatchObject({ problem: { status: 403 } })
    const query = { leaves: { to: 2 }, withHashes: false }
    const own = await tenancy.run(acme, (db) => service.request(db, asking, query))
    const pack = await world.settled(acme, own.id)
    expect([pack.state, pack.disclosed]).toEqual(['done', false])
    const zip = await world.download(acme, pack.id)
    expect(await verified(zip)).toMatchObject({ holds: true, disclosures: 0 })
    const members = membersIn(zip)
    for (const name of ['records.csv', 'disclosures.jsonl', 'manifest.json', 'records.jsonl'])
      expect([name, members.get(name)?.includes('Lovelace')]).toEqual([name, false])
  })

  it('with opened fields goes when somebody is erased, and one that is made begins anew', async () => {
    const { id } = await givenPack()
    const making = await givenWaiting()
    const lease = leaseOn(making)
    await lease.take()
    await lease.addPiece(Buffer.from('a name'))
    await world.plane.query('update writ.packs set disclosed = true where id = $1', [making])
    const tenancy = world.plane.app.get(Tenancy)
    expect(await tenancy.run(acme, (db) => forgetPacks(db, acme.human))).toBeGreaterThan(0)
    await expect(lease.addPiece(Buffer.from('more'))).rejects.toThrow(PackInterrupted)
    const left = await world.plane.query(
      'select id, state, attempts from writ.packs where id = any($1) order by state',
      [[id, making]],
    )
    // That somebody was erased meanwhile is no attempt that failed.
    expect(left).toEqual([
      { id, state: 'expired', attempts: 1 },
      { id: making, state: 'waiting', attempts: 0 },
    ])
    expect(
      await world.plane.query(
        'select 1 from writ.pack_pieces join writ.packs on packs.id = pack_id where disclosed and packs.tenant_id = $1',
        [acme.id],
      ),
    ).toEqual([])
    await world.plane.query('delete from writ.packs where id = $1', [making])
  })

  it('goes when its time is over', async () => {
    const { id, path } = await givenPack()
    await world.plane.query('update writ.packs set expires_at = now() where id = $1', [id])
    const stateOf = async () => (await world.plane.ask('GET', path, { key: acme.key })).body.state
    for (let tries = 0; (await stateOf()) !== 'expired' && tries < 100; tries += 1) await pause(100)
    expect([await stateOf(), await statusOf('GET', `${path}/file`, acme)]).toEqual(['expired', 410])
    expect(await world.plane.query('select 1 from writ.pack_pieces where pack_id = $1', [id])).toEqual([])
  })

  it('is one of a few of its tenant that are made, and of some that are kept', async () => {
    const insert = (state: string, count: number) =>
      world.plane.query(
        `insert into writ.packs (tenant_id, id, state, kind, query, requested_by, requested_at, disclosed, log_size, due_at)
         select $1, $2 || n, $2, 'range', '{}', '{}', now(), false, 1, 'infinity' from generate_series(1, $3::int) n`,
        [beta.id, state, count],
      )
    await insert('waiting', 3)
    expect((await world.ask(beta)).body).toMatchObject({ status: 409, limit: 'packs under way', value: 3 })
    await world.plane.query(
      `update writ.packs set state = 'done', expires_at = 'infinity' where tenant_id = $1`,
      [beta.id],
    )
    await insert('done', 17 + 3)
    expect((await world.ask(beta)).body).toMatchObject({ status: 409, limit: 'packs with a file', value: 20 })
    await world.plane.query('delete from writ.packs where tenant_id = $1', [beta.id])
  })

  it('fails with the record that is not there any more, leaves no file, and one behind it is made', async () => {
    await world.plane.query(
      `set session_replication_role = replica; delete from writ.records where tenant_id = '${beta.id}' and leaf_index <= 4;
       set session_replication_role = origin`,
    )
    const missing = await world.made(beta, { leaves: { from: 3, to: 9 } })
    expect([missing.state, missing.failure]).toEqual(['failed', expect.stringContaining('leaf 3 is missing')])
    await world.plane.query(
      'insert into writ.removals (tenant_id, first_leaf, last_leaf) values ($1, 0, 4)',
      [beta.id],
    )
    const pack = await world.made(beta, { leaves: { from: 3, to: 9 } })
    expect([pack.state, pack.failure, pack.file]).toEqual([
      'failed',
      expect.stringContaining('record 3 is not kept'),
      null,
    ])
    expect(await world.plane.query('select 1 from writ.pack_pieces where pack_id = $1', [pack.id])).toEqual(
      [],
    )
    const behind = await world.made(beta)
    expect([behind.state, behind.leaves]).toEqual(['done', { from: 5, to: 20 }])
    expect(await verified(await world.download(beta, behind.id))).toMatchObject({
      holds: true,
      previous: null,
    })
  })

  it('names the record that was changed behind the back of the ledger', async () => {
    await world.plane.query(
      `set session_replication_role = replica; update writ.records set bytes = convert_to(replace(convert_from(bytes, 'UTF8'),
         '"outcome":"allow"', '"outcome":"deny"'), 'UTF8') where tenant_id = '${beta.id}' and leaf_index = 11;
       set session_replication_role = origin`,
    )
    const zip = await world.download(beta, (await world.made(beta, { leaves: { from: 5 } })).id)
    const { holds, faults } = await verified(zip)
    expect([holds, faults]).toEqual([
      false,
      expect.arrayContaining([expect.objectContaining({ check: 'leaf', leaf: 11 })]),
    ])
  })
})

describe('whoever makes a pack', () => {
  it('is one at a time, and who was too slow writes nothing more', async () => {
    const id = await givenWaiting()
    const [first, second] = [leaseOn(id), leaseOn(id)]
    expect([await first.take(), await second.take()]).toEqual([true, false])
    await first.addPiece(Buffer.from('of the first'))
    await world.plane.query('update writ.packs set leased_until = now() where id = $1', [id])
    expect(await second.take()).toBe(true)
    await expect(first.addPiece(Buffer.from('late'))).rejects.toThrow(PackInterrupted)
    await expect(first.finish({ sizeBytes: 1, sha256: 'x', expiresAt: new Date() })).rejects.toThrow(
      PackInterrupted,
    )
    await second.addPiece(Buffer.from('of the second'))
    const pieces = await world.plane.query<{ piece: Buffer }>(
      'select piece from writ.pack_pieces where pack_id = $1',
      [id],
    )
    expect(pieces.map(({ piece }) => piece.toString())).toEqual(['of the second'])
    await world.plane.ask('DELETE', `/api/v1/audit/packs/${id}`, { key: acme.key })
    await second.fail('done with it')
  })

  it('keeps it, and says how far it is, where its clock is set back or forward by an hour', async () => {
    const id = await givenWaiting()
    let nowMs = Date.now()
    const [first, second] = [leaseOn(id, () => nowMs), leaseOn(id)]
    await first.take()
    for (const [done, hours] of [-1, 2, -1].entries()) {
      await first.tell('rows', done, 9)
      nowMs += hours * 3_600_000
      await first.addPiece(Buffer.from('a'))
      expect(await second.take()).toBe(false)
    }
    nowMs -= 3_600_000
    await new Promise((passed) => setTimeout(passed, 1600))
    await first.tell('rows', 5, 9)
    const told = await world.plane.query(
      'select step_done::int as done, leased_until > now() as is_held from writ.packs where id = $1',
      [id],
    )
    expect(told).toEqual([{ done: 5, is_held: true }])
    await first.fail('done with it')
  })

  it('stops at the next piece when it is cancelled', async () => {
    const id = await givenWaiting()
    const lease = leaseOn(id)
    await lease.take()
    await lease.addPiece(Buffer.from('a'))
    await world.plane.query(`update writ.packs set state = 'cancelled' where id = $1`, [id])
    await expect(lease.addPiece(Buffer.from('b'))).rejects.toThrow(PackInterrupted)
    await expect(lease.tell('another step', 1, 2)).rejects.toThrow(PackInterrupted)
  })
})
