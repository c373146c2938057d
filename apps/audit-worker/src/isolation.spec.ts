import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { hashOf } from '@writ/audit'
import { createTenantScope, openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database, TenantScope } from '@writ/postgres'
import {
  createTestDatabase,
  createTestNode,
  createTestStream,
  insertTestNode,
  insertTestTenant,
  testId,
} from '@writ/postgres/testing'
import type { TestDatabase, TestNode, TestStream } from '@writ/postgres/testing'
import type { Trouble } from '@writ/redis'
import { Ingest } from './ingest.ts'
import { findFailing, PATIENCE } from './isolation.ts'
import { Quarantine } from './quarantine.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let worker: Database
let scope: TenantScope
let node: TestNode
let ingest: Ingest

beforeAll(async () => {
  database = await createTestDatabase()
  worker = await openDatabase(database.workerUrl, { poolSize: 2, applicationName: 'isolation spec' })
  const app = await openDatabase(database.appUrl, { poolSize: 2, applicationName: 'isolation spec' })
  scope = createTenantScope(app)
  node = createTestNode()
  await insertTestNode(database, node)
  // what only this app may ask, with what only the worker may write
  ingest = new Ingest(createTenantScope(worker), new PlatformQueries(worker), new Quarantine(worker))
  closers.push(
    () => app.close(),
    () => worker.close(),
    () => database.drop(),
  )
})
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
})

const givenStream = async (length: number): Promise<TestStream> =>
  createTestStream(node, await insertTestTenant(scope, testId('ten').toLowerCase().replace('_', '-')), length)

const CALM: Trouble = { unended: 0, failed: 0, note: undefined, keepNote: async () => {} }

type Row = { readonly leaf: number; readonly seq: number; readonly kind: string; readonly text: string }
const rowsOf = (stream: TestStream): Promise<Row[]> =>
  database.query(
    `select leaf_index::float8 as leaf, seq::float8 as seq, kind, convert_from(bytes, 'utf8') as text
       from writ.records where tenant_id = $1 order by leaf_index`,
    [stream.tenant],
  )
const poisonOf = (stream: TestStream): Promise<{ from_seq: string; batch: Buffer }[]> =>
  database.query(
    `select from_seq, batch from writ.audit_quarantine where claimed_stream = $1 and reason = 'poison'`,
    [stream.id],
  )

describe('a record that ends whoever reads it', () => {
  it('is found by the note that was left, stored unread with its bytes and a leaf, and the rest lands', async () => {
    const stream = await givenStream(6)
    const batch = stream.batch(0, 6)
    const notes: unknown[] = []
    const keepNote = async (note: object): Promise<void> => void notes.push(note)
    // Two workers noted that they were about to read the fourth record, and never came to the fifth.
    const trouble = { ...CALM, unended: PATIENCE.ended + 2, note: { poison: [], at: 3, times: 2 }, keepNote }
    expect(await ingest.take(batch, trouble)).toEqual({
      outcome: 'ingested',
      nextSeq: 6,
      ingested: 6,
      isolated: 1,
    })
    expect(notes.map((note) => Reflect.get(Object(note), 'at'))).toEqual([0, 1, 2, 4, 5, null])
    const rows = await rowsOf(stream)
    expect(rows.map(({ leaf, seq, kind }) => [leaf, seq, kind === 'unreadable'])).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => [at, at, at === 3]),
    )
    expect(rows.map(({ text }) => text)).toEqual(batch.records)
    const [kept] = await poisonOf(stream)
    expect([kept?.from_seq, kept && hashOf(kept.batch.toString())]).toEqual([
      '3',
      hashOf(batch.records[3] ?? ''),
    ])
  })

  it('is read once more where only one worker ended with it, for that may have had another cause', async () => {
    const stream = await givenStream(4)
    const notes: object[] = []
    const keepNote = async (note: object): Promise<void> => void notes.push(note)
    const trouble = { ...CALM, unended: PATIENCE.ended + 1, note: { poison: [], at: 2 }, keepNote }
    expect(await ingest.take(stream.batch(0, 4), trouble)).toMatchObject({ isolated: 0, nextSeq: 4 })
    expect(notes).toContainEqual({ poison: [], at: 2, times: 2 })
    expect((await rowsOf(stream)).map(({ kind }) => kind)).not.toContain('unreadable')
    expect(await poisonOf(stream)).toEqual([])
  })

  it('is looked for alone, so that no other record is in a note when the worker ends, and nothing else ends it', async () => {
    const [first, second, third] = [await givenStream(3), await givenStream(3), await givenStream(3)]
    const noted: string[] = []
    const gate = new EventEmitter()
    const opened = once(gate, 'open')
    const looking = (name: string): Trouble => ({
      ...CALM,
      unended: PATIENCE.ended,
      keepNote: async () => {
        noted.push(name)
        if (name === 'first') await opened
      },
    })
    const takings = [ingest.take(first.batch(0, 3), looking('first'))]
    while (noted.length === 0) await sleep(5)
    takings.push(ingest.take(second.batch(0, 3), looking('second')), ingest.take(third.batch(0, 3), CALM))
    await sleep(200)
    expect([noted, await rowsOf(second), await rowsOf(third)]).toEqual([['first'], [], []])
    gate.emit('open')
    expect(await Promise.all(takings)).toMatchObject([{ isolated: 0 }, { isolated: 0 }, { isolated: 0 }])
  })

  it('lets its stream go on, also when it was the last of its batch', async () => {
    const stream = await givenStream(4)
    const trouble = { ...CALM, unended: PATIENCE.ended, note: { poison: [1], at: null } }
    expect(await ingest.take(stream.batch(0, 2), trouble)).toMatchObject({ isolated: 1, nextSeq: 2 })
    expect(await ingest.take(stream.batch(2, 4), CALM)).toMatchObject({ isolated: 0, nextSeq: 4 })
  })

  it('is not read again when it comes again in another cut', async () => {
    const stream = await givenStream(5)
    const trouble = { ...CALM, unended: PATIENCE.ended, note: { poison: [1], at: null } }
    await ingest.take(stream.batch(0, 3), trouble)
    const poison = stream.batch(1, 2).records[0]
    const parse = JSON.parse
    JSON.parse = (text: string, ...more) => {
      if (text === poison) throw new Error('whoever reads this ends')
      return parse(text, ...more)
    }
    try {
      expect(await ingest.take(stream.batch(1, 5), CALM)).toMatchObject({
        ingested: 2,
        isolated: 0,
        nextSeq: 5,
      })
      expect(await ingest.take(stream.batch(0, 2), CALM)).toMatchObject({ ingested: 0, isolated: 0 })
    } finally {
      JSON.parse = parse
    }
    expect(await poisonOf(stream)).toHaveLength(1)
  })

  it('is no way to put in what the node did not sign, or another history', async () => {
    const stream = await givenStream(4)
    await ingest.take(stream.batch(0, 2), CALM)
    const batch = stream.batch(2, 4)
    const trouble = { ...CALM, unended: PATIENCE.ended, note: { poison: [0], at: null } }
    const forged = { ...batch, records: ['{"prev":"made up"}', batch.records[1] ?? ''] }
    expect(await ingest.take(forged, trouble)).toMatchObject({ outcome: 'quarantined', reason: 'unsound' })
    expect(await ingest.take(stream.fork().batch(2, 4), trouble)).toMatchObject({
      outcome: 'quarantined',
      reason: 'fork',
    })
    expect((await rowsOf(stream)).map(({ seq }) => seq)).toEqual([0, 1])
  })

  it('is not suspected before its time', async () => {
    const stream = await givenStream(3)
    const trouble = { ...CALM, unended: PATIENCE.ended - 1, note: { poison: [0, 1, 2], at: null } }
    expect(await ingest.take(stream.batch(0, 3), trouble)).toMatchObject({ isolated: 0 })
  })
})

describe('a record that the database does not take', () => {
  it('is tried again at first, and then found and stored unread', async () => {
    const stream = await givenStream(7)
    await database.query(`create function public.refuse_one() returns trigger language plpgsql as $$
      begin
        if new.tenant_id = '${stream.tenant}' and new.seq = 4 and new.kind <> 'unreadable' then
          raise exception 'not this one' using errcode = '22023';
        end if;
        return new;
      end $$`)
    await database.query(
      'create trigger refuse_one before insert on writ.records for each row execute function public.refuse_one()',
    )
    await expect(ingest.take(stream.batch(0, 7), { ...CALM, failed: PATIENCE.failed - 1 })).rejects.toThrow(
      'not this one',
    )
    expect(await rowsOf(stream)).toEqual([])
    expect(await ingest.take(stream.batch(0, 7), { ...CALM, failed: PATIENCE.failed })).toMatchObject({
      ingested: 7,
      isolated: 1,
    })
    expect((await rowsOf(stream)).filter(({ kind }) => kind === 'unreadable').map(({ seq }) => seq)).toEqual([
      4,
    ])
    expect(await poisonOf(stream)).toHaveLength(1)
    await database.query('drop trigger refuse_one on writ.records')
  })

  it('is not looked for where the database is away, or fails whatever it is given', async () => {
    const records = [null, null]
    const away = Object.assign(new Error('gone'), { code: '57P01' })
    await expect(findFailing(records, () => Promise.reject(away))).rejects.toThrow('gone')
    const always = Object.assign(new Error('no'), { code: '23505' })
    expect(await findFailing(records, () => Promise.reject(always))).toBeNull()
  })
})
