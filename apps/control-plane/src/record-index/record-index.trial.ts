import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createClickHouse, currentTable } from '@writ/clickhouse'
import type { ClickHouse } from '@writ/clickhouse'
import type { RecordFields } from '@writ/audit'
import { countRecords, createTenantScope, openDatabase, queryRecords, timesOfRecords } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { RecordCountQuery, RecordQuery, RecordTimesQuery, TenantId } from '@writ/contracts'
import type { RecordCounts } from '@writ/contracts'
import { Client } from 'pg'
import type { EntityManager } from 'typeorm'
import { arrive } from '../records/desk.fixture.ts'
import { Removal } from '../retention/removal.ts'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { LogSealer } from '../transparency/log-sealer.ts'
import { IndexStanding } from './index-standing.ts'

jest.setTimeout(120_000)

const target = new URL(process.env['WRIT_TEST_CLICKHOUSE_URL'] ?? '')
const database = `writ_desk_${randomBytes(4).toString('hex')}`

/** The way to the ClickHouse, which can be cut. */
class Wire {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  isCut = false
  #isHeld = false

  constructor() {
    this.#server = createServer((socket) => {
      if (this.isCut) {
        socket.destroy()
        return
      }
      const far = connect(Number(target.port), target.hostname)
      for (const [one, other] of [
        [socket, far],
        [far, socket],
      ] as const) {
        this.#sockets.add(one)
        if (this.#isHeld) one.pause()
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
        if (!this.#isHeld) one.pipe(other)
      }
    })
  }
  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
    return (this.#server.address() as AddressInfo).port
  }
  cut(): void {
    this.isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }
  /** What is sent from now on does not arrive. */
  hold(): void {
    this.#isHeld = true
    for (const socket of this.#sockets) socket.unpipe().pause()
  }
  release(): void {
    this.#isHeld = false
    for (const socket of this.#sockets) socket.destroy()
  }
  close(): void {
    this.cut()
    this.#server.close()
  }
}

const wire = new Wire()
let clickHouse: ClickHouse
let plane: ControlPlane
let worker: Database
let app: Database
let url: string

beforeAll(async () => {
  const admin = createClickHouse({ url: target.origin, database: 'default' })
  await admin.run(`CREATE DATABASE ${database}`)
  await admin.close()
  clickHouse = createClickHouse({ url: target.origin, database })
  url = `http://127.0.0.1:${await wire.open()}/${database}`
  plane = await givenControlPlane({ environment: { WRIT_CLICKHOUSE_URL: url } })
  worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'index trial' })
  app = await openDatabase(plane.appUrl, { poolSize: 2, applicationName: 'index trial' })
})
afterAll(async () => {
  await app?.close()
  await worker?.close()
  await plane?.close()
  wire.close()
  await clickHouse?.run(`DROP DATABASE ${database}`)
  await clickHouse?.close()
})

const at = (minute: number) => new Date(Date.UTC(2026, 4, 1, 12, minute)).toISOString()
const varied = (seq: number): Partial<RecordFields> => ({
  at: at(seq),
  outcome: seq % 5 === 0 ? 'deny' : 'allow',
  action: {
    method: 'tools/call',
    tool: `tool-${seq % 7}`,
    class: 'read.private',
    classSource: 'admin',
    resource: `files/${seq % 11}`,
  },
})
const bring = (world: World, count: number) =>
  arrive(
    plane,
    worker,
    world.tenant,
    Array.from({ length: count }, (_, seq) => varied(seq)),
  )

async function until(isSo: () => Promise<boolean> | boolean, limitMs = 30_000): Promise<void> {
  for (const endMs = performance.now() + limitMs; !(await isSo()); await pause(50))
    if (performance.now() > endMs) throw new Error('it did not come to be in time')
}
const headerOf = ({ headers }: Answer): string => headers.get('writ-index') ?? ''
const isCurrent = async (world: World) => {
  const header = headerOf(await world.ask('GET', 'records?limit=1'))
  const [, readTo, size] = /^by=index, read-to=(\d+), size=(\d+)$/.exec(header) ?? []
  return readTo !== undefined && readTo === size && Number(size) > 0
}
const rowsOf = async (world: World): Promise<number> => {
  const [row] = await clickHouse.rows<{ n: string }>(
    `SELECT uniqExact(leaf) AS n FROM ${await currentTable(clickHouse)} WHERE tenant = '${world.tenant}' AND kind != 'removed'`,
  )
  return Number(row?.n ?? 0)
}
const inLedger = <T>(world: World, work: (manager: EntityManager) => Promise<T>): Promise<T> =>
  createTenantScope(app).run(TenantId.parse(world.tenant), work)

/** One byte of a record is changed behind the back of the ledger. */
async function damage(world: World, leaf: number): Promise<void> {
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [world.tenant])
  await owner.query('set session_replication_role = replica')
  await owner.query(
    'update writ.records set bytes = set_byte(bytes, 0, 88) where tenant_id = $1 and leaf_index = $2',
    [world.tenant, leaf],
  )
  await owner.end()
}

/** Every page, one after the other. */
async function leavesOf(world: World, query: string): Promise<number[]> {
  const found: number[] = []
  for (let after = ''; ;) {
    const { body } = await world.ask('GET', `records?${query}${after}`)
    found.push(...body.items.map(({ leafIndex }: { leafIndex: number }) => leafIndex))
    if (body.next === null) return found
    after = `&after=${body.next}`
  }
}

/** The same, asked of Postgres alone. */
async function ledgerLeavesOf(world: World, query: string): Promise<number[]> {
  const asked = RecordQuery.parse({ ...Object.fromEntries(new URLSearchParams(query)), limit: 500 })
  const { items } = await inLedger(world, (manager) => queryRecords(manager, asked))
  return items.map(({ leafIndex }) => leafIndex)
}

const ranked = ({ of, values }: RecordCounts) => ({
  of,
  values: values.toSorted((one, other) => other.records - one.records || (one.value < other.value ? -1 : 1)),
})

async function expectSameAnswers(world: World): Promise<void> {
  const filters = [
    '',
    '&outcome=deny',
    '&tool=tool-3',
    '&tool=tool-3&outcome=deny',
    `&from=${at(30)}&until=${at(200)}`,
  ]
  for (const filter of filters)
    for (const order of ['oldest', 'newest'])
      for (const limit of [37, 500]) {
        const query = `order=${order}${filter}`
        expect([query, limit, await leavesOf(world, `${query}&limit=${limit}`)]).toEqual([
          query,
          limit,
          await ledgerLeavesOf(world, query),
        ])
      }
  for (const query of ['field=tool', 'field=resource&outcome=deny', 'field=outcome&tool=tool-1']) {
    const {
      field,
      most: _most,
      ...filter
    } = RecordCountQuery.parse(Object.fromEntries(new URLSearchParams(query)))
    const own = await inLedger(world, (manager) => countRecords(manager, { field, filter, most: 100 }))
    const { body } = await world.ask('GET', `records/counts?${query}&most=100`)
    expect([query, ranked(body)]).toEqual([query, ranked(own)])
  }
  const times = { from: at(0), until: at(300), steps: '7', outcome: 'deny' }
  expect((await world.ask('GET', `records/times?${new URLSearchParams(times)}`)).body).toEqual(
    await inLedger(world, (manager) => timesOfRecords(manager, RecordTimesQuery.parse(times))),
  )
}

describe('the desk with a ClickHouse', () => {
  it('answers as Postgres does, in pages of any size, from either end, and says who answered', async () => {
    const world = await givenWorld(plane)
    await bring(world, 300)
    await until(() => isCurrent(world))
    await expectSameAnswers(world)
    expect(await isCurrent(world)).toBe(true)
  })

  it('answers for what has just arrived, read by the index or not', async () => {
    const world = await givenWorld(plane)
    for (let turn = 0; turn < 5; turn += 1) {
      await bring(world, 40)
      expect(await leavesOf(world, 'outcome=deny&limit=9')).toEqual(
        await ledgerLeavesOf(world, 'outcome=deny'),
      )
    }
    await expectSameAnswers(world)
  })

  it('goes to Postgres when ClickHouse is away, and back; what arrived meanwhile is not missing in either', async () => {
    const world = await givenWorld(plane)
    await bring(world, 50)
    await until(() => isCurrent(world))
    wire.cut()
    await bring(world, 50)
    const away = await world.ask('GET', 'records?outcome=deny&limit=500')
    expect(headerOf(away)).toBe('by=ledger, reason=away')
    expect(away.body.items.map((one: { leafIndex: number }) => one.leafIndex)).toEqual(
      await ledgerLeavesOf(world, 'outcome=deny'),
    )
    await until(() => plane.app.get(IndexStanding).figures.writ_index_away === 1)
    expect((await plane.ask('GET', '/healthz')).body).toEqual({ status: 'ok', index: 'away' })
    wire.isCut = false
    await until(() => isCurrent(world))
    await until(async () => (await plane.ask('GET', '/healthz')).body.index === undefined)
    await expectSameAnswers(world)
  })

  it('answers by Postgres whoever waits too long, and by the index whoever does not', async () => {
    const [slow, other] = [await givenWorld(plane), await givenWorld(plane)]
    for (const world of [slow, other]) {
      await bring(world, 20)
      await until(() => isCurrent(world))
    }
    wire.hold()
    const begunMs = performance.now()
    const answer = await slow.ask('GET', 'records?outcome=deny')
    expect([answer.status, headerOf(answer)]).toEqual([200, 'by=ledger, reason=slow'])
    expect(performance.now() - begunMs).toBeLessThan(6000)
    wire.release()
    expect(headerOf(await other.ask('GET', 'records?outcome=deny'))).toMatch(
      /^by=(index|ledger, reason=away)/,
    )
    await until(() => isCurrent(other))
    expect(headerOf(await slow.ask('GET', 'records?outcome=deny'))).toBe('by=ledger, reason=slow')
  })

  it('shows nothing that the ledger does not have, whatever the index says', async () => {
    const [world, stranger] = [await givenWorld(plane), await givenWorld(plane)]
    await bring(world, 20)
    await bring(stranger, 20)
    await until(async () => (await isCurrent(world)) && (await isCurrent(stranger)))
    // Of every record of the stranger the index now says that it is this tenant's, and denied.
    await clickHouse.run(
      `INSERT INTO ${await currentTable(clickHouse)} SELECT day, '${world.tenant}' AS tenant, leaf, ingested, at, kind, decision,
         terms, digests, fields, texts, bytes FROM ${await currentTable(clickHouse)} WHERE tenant = '${stranger.tenant}' AND leaf < 10`,
    )
    const page = await world.ask('GET', 'records?limit=500')
    expect(headerOf(page)).toMatch(/^by=index/)
    for (const { bytes } of page.body.items) expect(JSON.parse(bytes).tenant).toBe(world.tenant)
    expect(await leavesOf(world, 'outcome=deny')).toEqual(await ledgerLeavesOf(world, 'outcome=deny'))
  })

  it('counts by Postgres where a record was damaged before the index read it, and still lists by the index', async () => {
    const world = await givenWorld(plane)
    wire.cut()
    await bring(world, 60)
    const leaf = (await ledgerLeavesOf(world, 'outcome=deny'))[2] ?? NaN
    await damage(world, leaf)
    wire.isCut = false
    await until(() => isCurrent(world))
    const counts = await world.ask('GET', 'records/counts?field=outcome')
    const own = await inLedger(world, (manager) =>
      countRecords(manager, { field: 'outcome', filter: {}, most: 10 }),
    )
    expect(own.of).toBe(await rowsOf(world))
    expect([headerOf(counts), ranked(counts.body)]).toEqual([
      expect.stringMatching(/^by=ledger, reason=damaged, read-to=(\d+), size=\1$/),
      ranked(own),
    ])
    const times = { from: at(0), until: at(300), steps: '7', outcome: 'deny' }
    const inTime = await world.ask('GET', `records/times?${new URLSearchParams(times)}`)
    expect(headerOf(inTime)).toMatch(/^by=ledger, reason=damaged/)
    expect(inTime.body).toEqual(
      await inLedger(world, (manager) => timesOfRecords(manager, RecordTimesQuery.parse(times))),
    )
    const page = await world.ask('GET', 'records?outcome=deny&limit=500')
    expect([page.status, page.body.detail]).toEqual([409, expect.stringContaining(`record ${leaf} cannot`)])
    expect(headerOf(await world.ask('GET', `records?outcome=deny&after=${leaf}`))).toMatch(/^by=index/)
  })

  it('leaves an index alone that is of another ledger', async () => {
    const world = await givenWorld(plane)
    await clickHouse.run(
      `INSERT INTO ${await currentTable(clickHouse)} (day, tenant, leaf, ingested, at, kind, bytes)
         VALUES ('2026-01-01', '${world.tenant}', 900, 0, 0, 'unreadable', 'of another')`,
    )
    await bring(world, 20)
    const page = await world.ask('GET', 'records?outcome=deny&limit=500')
    expect(headerOf(page)).toMatch(/^by=ledger, reason=foreign, read-to=901/)
    expect(page.body.items).toHaveLength((await ledgerLeavesOf(world, 'outcome=deny')).length)
    await until(async () => (await plane.ask('GET', '/healthz')).body.index === 'foreign')
  })

  it('goes on when the index is made again by the command, while it runs', async () => {
    const world = await givenWorld(plane)
    await bring(world, 300)
    await until(() => isCurrent(world))
    const before = await currentTable(clickHouse)
    const command = fileURLToPath(new URL('../../dist/rebuild-index.js', import.meta.url))
    const child = spawn(process.execPath, [command], {
      env: { PATH: process.env['PATH'], DATABASE_URL: plane.appUrl, WRIT_CLICKHOUSE_URL: url },
    })
    let said = ''
    child.stdout.on('data', (chunk) => (said += chunk))
    child.stderr.on('data', (chunk) => (said += chunk))
    const [code] = await once(child, 'exit')
    expect([code, said]).toEqual([0, expect.stringMatching(/are in the index, 0 are to come/)])
    expect(await currentTable(clickHouse)).not.toBe(before)
    await until(() => isCurrent(world))
    await expectSameAnswers(world)
    await until(async () => (await plane.ask('GET', '/healthz')).body.index === undefined)
  })
})

describe('what is gone from the ledger', () => {
  it('by retention, goes from the index', async () => {
    const world = await givenWorld(plane)
    await bring(world, 60)
    await until(() => isCurrent(world))
    await plane.app.get(LogSealer).sealAll()
    const owner = new Client({ connectionString: plane.ownerUrl })
    await owner.connect()
    await owner.query("select set_config('app.tenant_id', $1, false)", [world.tenant])
    await owner.query('set session_replication_role = replica')
    await owner.query(
      `update writ.records set ingested_at = now() - interval '60 months', occurred_at = now() - interval '60 months'
        where tenant_id = $1 and leaf_index < 40`,
      [world.tenant],
    )
    await owner.query(`update writ.retentions set due_at = '-infinity'`)
    await owner.end()
    await plane.app.get(Removal).removeExpired()
    const kept = await ledgerLeavesOf(world, 'limit=500')
    expect(kept[0]).toBe(40)
    // At once, though the index still has them.
    expect(await leavesOf(world, 'limit=500')).toEqual(kept)
    await until(async () => (await rowsOf(world)) === (await ledgerLeavesOf(world, 'limit=500')).length)
    await expectSameAnswers(world)
  })

  it('with its tenant, goes from the index', async () => {
    const world = await givenWorld(plane)
    await bring(world, 30)
    await until(() => isCurrent(world))
    for (const [method, path] of [
      ['POST', `/api/v1/tenants/${world.slug}/suspend`],
      ['DELETE', `/api/v1/tenants/${world.slug}`],
    ] as const)
      expect((await plane.ask(method, path, { key: OPERATOR_KEY })).status).toBeLessThan(300)
    await until(async () => (await rowsOf(world)) === 0)
  })
})
