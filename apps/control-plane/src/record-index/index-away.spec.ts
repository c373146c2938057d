import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { arrive } from '../records/desk.fixture.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { IndexStanding } from './index-standing.ts'

jest.setTimeout(60_000)

const PASSWORD = 'password-of-the-index-8417'
const QUESTION = 'a-tool-nobody-may-read-of'

/** What stands in the place of a ClickHouse refuses, and says all that it was told. */
const tattler = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += chunk))
  request.on('end', () =>
    response
      .writeHead(500)
      .end(`Code: 516. DB::Exception: ${JSON.stringify(request.headers)} ${request.url} ${body}`),
  )
})

let plane: ControlPlane
let worker: Database
let world: World

beforeAll(async () => {
  await new Promise<void>((done) => tattler.listen(0, '127.0.0.1', done))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = tattler.address() as AddressInfo
  plane = await givenControlPlane({
    environment: { WRIT_CLICKHOUSE_URL: `http://writ:${PASSWORD}@127.0.0.1:${port}/audit` },
  })
  worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'index spec' })
  world = await givenWorld(plane)
  await arrive(plane, worker, world.tenant, [{ outcome: 'deny' }, { outcome: 'allow' }])
})
afterAll(async () => {
  await worker?.close()
  await plane?.close()
  tattler.close()
})

async function until(isSo: () => boolean): Promise<void> {
  for (const endMs = performance.now() + 20_000; !isSo(); await pause(50))
    if (performance.now() > endMs) throw new Error('it did not come to be in time')
}

describe('with an index that does not answer', () => {
  it.each([
    'records?outcome=deny',
    'records/counts?field=outcome',
    'records/times?from=2026-01-01T00:00:00Z&until=2027-01-01T00:00:00Z',
    'records/lineage?session=ses_00000000000000000000000001',
  ])('Postgres answers %s, and the answer says so', async (path) => {
    const answer = await world.ask('GET', path)
    expect([answer.status, answer.headers.get('writ-index')]).toEqual([200, 'by=ledger, reason=away'])
  })

  it('nothing is missing', async () => {
    const { body } = await world.ask('GET', 'records?outcome=deny')
    expect(body.items).toHaveLength(1)
    expect((await world.ask('GET', 'records/counts?field=outcome&outcome=allow')).body.of).toBeGreaterThan(0)
  })

  it('the ledger takes what comes, and says how far it is', async () => {
    const standing = await plane.app.get(PlatformQueries).indexStanding()
    expect(standing).toContainEqual({ tenant: world.tenant, size: 2, removed: 0, isDeleted: false })
    await until(() => plane.app.get(IndexStanding).figures.writ_index_leaves_behind === 2)
  })

  it('the control plane is well, and says what is not', async () => {
    expect((await plane.ask('GET', '/healthz')).body).toEqual({ status: 'ok', index: 'away' })
    expect(plane.app.get(IndexStanding).words).toContain('the desk asks Postgres')
    expect(plane.app.get(IndexStanding).figures).toMatchObject({
      writ_index_away: 1,
      writ_index_desk_answers: 0,
    })
  })

  it('neither its password nor what was searched for is in a log or an answer, whatever it answers', async () => {
    const { text, headers } = await world.ask('GET', `records?tool=${QUESTION}`)
    const told = `${plane.logged()}${text}${JSON.stringify([...headers])}`
    expect(plane.logged()).toContain('feeding the index of records failed')
    expect(told).not.toContain(PASSWORD)
    expect(told).not.toContain(QUESTION)
  })
})
