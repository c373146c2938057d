import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { HumanId } from '@writ/contracts'
import { OutletQueries } from '@writ/postgres'
import { createMetrics } from '@writ/runtime'
import { testAuthority } from '@writ/runtime/fixtures'
import { sealedTo, SubjectKeys } from '../personal/subject-keys.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { givenControlPlane, JOIN_SECRET, OPERATOR_KEY, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenRecords, httpReceiver, syslogReceiver, until } from '../testing/outlets.ts'
import type { HttpReceiver, Taken } from '../testing/outlets.ts'
import { createOutletMetrics, watched } from './outlet-metrics.ts'
import { Places } from './places.ts'

jest.setTimeout(120_000)

const MASTER_KEY = randomBytes(32).toString('base64url')
const ALLOWED = {
  WRIT_MASTER_KEY: MASTER_KEY,
  WRIT_ALLOW_OUTLETS_OF_EVERY_TENANT_ON_LOOPBACK: 'yes',
}
const AUTHORITY = testAuthority()

let plane: ControlPlane
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'writ-outlets-'))
  plane = await givenControlPlane({ environment: ALLOWED })
})
afterAll(async () => {
  await plane?.close()
  await rm(directory, { recursive: true, force: true })
})

type Given = {
  readonly tenant: `ten_${string}`
  readonly slug: string
  readonly key: string
  readonly ask: (method: string, path: string, body?: unknown) => ReturnType<ControlPlane['ask']>
}

async function givenTenant(): Promise<Given> {
  const { tenant, ownerKey } = await plane.newTenant()
  const ask: Given['ask'] = (method, path, body) =>
    plane.ask(method, `/api/v1/outlets${path}`, { key: ownerKey.key, ...(body !== undefined && { body }) })
  return { tenant: tenant.id, slug: tenant.slug, key: ownerKey.key, ask }
}

const statusOf = async ({ ask }: Given, id: string) => (await ask('GET', `/${id}`)).body.status

const caughtUp = (given: Given, id: string, count: number) =>
  until(async () => (await statusOf(given, id)).nextLeaf >= count)

/** Events in the order in which they were taken, those of one request one after another. */
const eventsIn = (taken: readonly Taken[]): { readonly id: string; readonly data: { leafIndex: number } }[] =>
  taken.flatMap(({ body }) => JSON.parse(body))

/** The same without what was delivered again. */
const onceEach = (ids: readonly string[]): string[] => [...new Set(ids)]
const idsOf = (tenant: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${tenant}/${n}`)

function isSigned({ headers, body }: Taken, secret: string): boolean {
  const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const expected = `v1,${createHmac('sha256', key).update(text).digest('base64')}`
  return String(headers['webhook-signature']).split(' ').includes(expected)
}

const webhook = (receiver: HttpReceiver, more = {}) => ({
  name: `hook-${randomBytes(3).toString('hex')}`,
  target: { kind: 'webhook', url: receiver.url, ...more },
  from: 'start',
})

describe('a webhook', () => {
  it('gets every record in leaf order, one a request, each signed with the secret that was shown once', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    const { body: made } = await given.ask('POST', '', webhook(receiver))
    await givenRecords(plane, given.tenant, 30)
    await caughtUp(given, made.id, 30)
    expect(eventsIn(receiver.taken).map(({ id }) => id)).toEqual(idsOf(given.tenant, 30))
    expect(receiver.taken.every((taken) => isSigned(taken, made.secret))).toBe(true)
    expect(receiver.taken.map(({ headers }) => headers['webhook-id'])).toEqual(idsOf(given.tenant, 30))
    expect(receiver.taken[0]?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
    expect((await given.ask('GET', `/${made.id}`)).text).not.toContain('whsec_')
    await receiver.kill()
  })

  it('that is killed in the middle, again and again, gets everything, in order, and twice only under the same id', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    const { body: made } = await given.ask('POST', '', webhook(receiver, { batch: true }))
    let left = 2
    receiver.answer = () => (left-- > 0 ? 204 : null)
    await givenRecords(plane, given.tenant, 700)
    await until(() => left < 0)
    await receiver.kill()
    await until(async () => (await statusOf(given, made.id)).failure?.code === 'unreachable')
    receiver.answer = () => 204
    await receiver.revive()
    await given.ask('POST', `/${made.id}/resume`)
    await caughtUp(given, made.id, 700)
    const ids = eventsIn(receiver.taken).map(({ id }) => id)
    expect(onceEach(ids)).toEqual(idsOf(given.tenant, 700))
    const leaves = eventsIn(receiver.seen).map(({ data }) => data.leafIndex)
    expect(leaves.every((leaf, n) => n === 0 || leaf <= (leaves[n - 1] ?? 0) + 1)).toBe(true)
    await receiver.kill()
  })

  it('that always fails keeps its place, and neither another outlet nor the ledger waits for it', async () => {
    const given = await givenTenant()
    const [bad, good] = [await httpReceiver(), await httpReceiver()]
    bad.answer = () => 503
    const failing = (await given.ask('POST', '', webhook(bad))).body.id
    const working = (await given.ask('POST', '', webhook(good, { batch: true }))).body.id
    await givenRecords(plane, given.tenant, 120)
    await caughtUp(given, working, 120)
    const { state, nextLeaf, lag, failures, failure, deadLetters } = await statusOf(given, failing)
    expect({ state, nextLeaf, lag, failure, deadLetters }).toEqual({
      state: 'failing',
      nextLeaf: 0,
      lag: 120,
      failure: { code: 'unavailable', detail: 'status 503' },
      deadLetters: 0,
    })
    expect(failures).toBeGreaterThan(0)
    bad.answer = () => 204
    await given.ask('POST', `/${failing}/resume`)
    await caughtUp(given, failing, 120)
    expect(eventsIn(bad.taken).map(({ id }) => id)).toEqual(idsOf(given.tenant, 120))
    await Promise.all([bad.kill(), good.kill()])
  })

  it('that refuses one record of many gets all others, and that one when it is asked for again', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    const { body: made } = await given.ask('POST', '', webhook(receiver, { batch: true }))
    const poison = `${given.tenant}/11`
    receiver.answer = ({ body }) => (body.includes(`"${poison}"`) ? 422 : 204)
    await givenRecords(plane, given.tenant, 20)
    await until(async () => {
      await given.ask('POST', `/${made.id}/resume`)
      return (await statusOf(given, made.id)).nextLeaf >= 20
    }, 60_000)
    const expected = idsOf(given.tenant, 20).filter((id) => id !== poison)
    expect(onceEach(eventsIn(receiver.taken).map(({ id }) => id))).toEqual(expected)
    const { body: letters } = await given.ask('GET', `/${made.id}/dead-letters`)
    expect(letters.items).toMatchObject([
      { leafIndex: 11, toLeaf: 12, reason: 'refused', detail: 'refused: status 422' },
    ])
    receiver.answer = () => 204
    await given.ask('POST', `/${made.id}/dead-letters/redrive`, {})
    await until(async () => (await statusOf(given, made.id)).deadLetters === 0)
    expect(eventsIn(receiver.taken).at(-1)?.id).toBe(poison)
    await receiver.kill()
  })

  it('that refuses everything loses nothing to dead letters, however often', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    receiver.answer = () => 400
    const { body: made } = await given.ask('POST', '', webhook(receiver, { batch: true }))
    await givenRecords(plane, given.tenant, 3)
    await until(async () => {
      await given.ask('POST', `/${made.id}/resume`)
      return (await statusOf(given, made.id)).failures > 7
    }, 60_000)
    const { nextLeaf, deadLetters } = await statusOf(given, made.id)
    expect([nextLeaf, deadLetters]).toEqual([0, 0])
    await receiver.kill()
  })

  it('is signed by both secrets while one is replaced', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    const { body: made } = await given.ask('POST', '', webhook(receiver))
    const { body: renewed } = await given.ask('POST', `/${made.id}/secret`)
    expect([renewed.secretVersion, renewed.secret === made.secret]).toEqual([2, false])
    await givenRecords(plane, given.tenant, 1)
    await until(() => receiver.taken.length > 0)
    const [taken] = receiver.taken
    expect([made.secret, renewed.secret].map((secret) => taken && isSigned(taken, secret))).toEqual([
      true,
      true,
    ])
    await receiver.kill()
  })

  it('gets a test event also while it is paused, and nothing else', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    const { body: made } = await given.ask('POST', '', webhook(receiver))
    await given.ask('POST', `/${made.id}/pause`)
    await givenRecords(plane, given.tenant, 2)
    expect((await given.ask('POST', `/${made.id}/test`)).status).toBe(202)
    await until(async () => (await statusOf(given, made.id)).test.outcome === 'delivered')
    expect(eventsIn(receiver.taken)).toMatchObject([{ type: 'dev.writ.test.v1' }])
    const { state, nextLeaf, lag } = await statusOf(given, made.id)
    expect([state, nextLeaf, lag]).toEqual(['paused', 0, 2])
    await given.ask('POST', `/${made.id}/resume`)
    await caughtUp(given, made.id, 2)
    await receiver.kill()
  })
})

describe('the API of outlets', () => {
  const target = { kind: 'webhook', url: 'https://collector.example.test/x' }

  it('never shows a secret but when it is made, in no answer, record, log or row', async () => {
    const given = await givenTenant()
    const authorization = 'Bearer kept-by-the-collector'
    const { body: made, status } = await given.ask('POST', '', { name: 'a', target, authorization })
    expect([status, made.hasAuthorization, made.secretVersion, made.status.state]).toEqual([
      201,
      true,
      1,
      'delivering',
    ])
    const [events] = await plane.query<{ text: string }>(
      `select string_agg(coalesce(administration::text, ''), '') || (select string_agg(s::text, '') from writ.outlet_secrets s)
         || (select string_agg(o::text, '') from writ.outlets o) as text from writ.administration_events where tenant_id = $1`,
      [given.tenant],
    )
    const shown = [
      (await given.ask('GET', '')).text,
      (await given.ask('GET', `/${made.id}`)).text,
      (await given.ask('PATCH', `/${made.id}`, { name: 'b' })).text,
      plane.logged(),
      events?.text ?? '',
    ].join('')
    expect(shown).toContain(made.id)
    expect(shown).not.toContain(made.secret)
    expect(shown).not.toContain(made.secret.replace('whsec_', ''))
    expect(shown).not.toContain('kept-by-the-collector')
  })

  it('keeps what was given for one receiver from the next one', async () => {
    const given = await givenTenant()
    const { body: made } = await given.ask('POST', '', {
      name: 'a',
      target,
      authorization: 'Bearer for-the-first',
    })
    const elsewhere = { ...target, url: 'https://other.example.test/x' }
    const { body: moved } = await given.ask('PATCH', `/${made.id}`, { target: elsewhere })
    expect([moved.target.url, moved.hasAuthorization]).toEqual([elsewhere.url, false])
    const kinds = { kind: 'otlp', url: target.url }
    expect((await given.ask('PATCH', `/${made.id}`, { target: kinds })).status).toBe(409)
  })

  it('refuses names that are taken, receivers that are not gone to, and more than ten', async () => {
    const given = await givenTenant()
    for (let n = 0; n < 10; n += 1)
      expect((await given.ask('POST', '', { name: `n${n}`, target })).status).toBe(201)
    expect((await given.ask('POST', '', { name: 'more', target })).status).toBe(409)
    const [first] = (await given.ask('GET', '')).body.items
    expect((await given.ask('DELETE', `/${first.id}`)).status).toBe(204)
    expect((await given.ask('GET', `/${first.id}`)).status).toBe(404)
    expect((await given.ask('POST', '', { name: 'n1', target })).status).toBe(409)
    const inside = { ...target, url: 'https://10.0.0.1/' }
    expect((await given.ask('POST', '', { name: 'inside', target: inside })).status).toBe(422)
    expect(
      (await given.ask('POST', '', { name: 'file', target: { kind: 'file', format: 'record' } })).status,
    ).toBe(400)
  })

  it('begins with what comes, unless everything is asked for', async () => {
    const given = await givenTenant()
    await givenRecords(plane, given.tenant, 3)
    const places = await Promise.all(
      ['now', 'start'].map(
        async (from) => (await given.ask('POST', '', { name: from, target, from })).body.status.nextLeaf,
      ),
    )
    expect(places).toEqual([3, 0])
  })
})

describe('the place of an outlet', () => {
  it('is moved by nobody whose lease is over', async () => {
    const given = await givenTenant()
    const places = plane.app.get(Places)
    const target = { kind: 'webhook', url: 'https://collector.example.test/x' }
    const { body: made } = await given.ask('POST', '', { name: 'a', target })
    const run = <T>(work: (db: TenantDb) => Promise<T>) => inTenant(given, work)
    const zombie = await run((db) => places.lease(db, made.id, 'one'))
    expect(await run((db) => places.lease(db, made.id, 'two'))).toBeNull()
    await plane.query('update writ.outlets set lease_until = now() where id = $1', [made.id])
    const next = await run((db) => places.lease(db, made.id, 'two'))
    if (!zombie || !next) throw new Error('it was free')
    await givenRecords(plane, given.tenant, 5)
    await run((db) => places.advance(db, zombie, 5, 5))
    await run((db) => places.release(db, zombie))
    expect(await run((db) => places.renew(db, zombie))).toBeNull()
    expect((await statusOf(given, made.id)).nextLeaf).toBe(0)
    await run((db) => places.advance(db, next, 5, 5))
    expect((await statusOf(given, made.id)).nextLeaf).toBe(5)
    await run((db) => places.advance(db, next, 3, 3))
    expect((await statusOf(given, made.id)).nextLeaf).toBe(5)
  })

  it('passes over what retention removed and what is damaged, and says which', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    await givenRecords(plane, given.tenant, 6)
    await plane.query('alter table writ.records disable trigger user')
    await plane.query('delete from writ.records where tenant_id = $1 and leaf_index in (0, 1)', [
      given.tenant,
    ])
    await plane.query(`update writ.records set bytes = '{}' where tenant_id = $1 and leaf_index = 4`, [
      given.tenant,
    ])
    const { body: made } = await given.ask('POST', '', webhook(receiver))
    await caughtUp(given, made.id, 6)
    expect(eventsIn(receiver.taken).map(({ data }) => data.leafIndex)).toEqual([2, 3, 5])
    const { body: letters } = await given.ask('GET', `/${made.id}/dead-letters`)
    expect(letters.items).toMatchObject([
      { leafIndex: 0, toLeaf: 2, reason: 'expired' },
      { leafIndex: 4, toLeaf: 5, reason: 'unreadable' },
    ])
    await given.ask('POST', `/${made.id}/dead-letters/redrive`, {})
    expect((await statusOf(given, made.id)).deadLetters).toBe(2)
    await receiver.kill()
  })
})

describe('the metrics of outlets', () => {
  it('say how all of them stand, under a kind and a state and no name of anybody', async () => {
    const given = await givenTenant()
    await given.ask('POST', '', {
      name: 'a',
      target: { kind: 'otlp', url: 'https://collector.example.test/v1/logs' },
    })
    const metrics = createMetrics()
    const outlets = createOutletMetrics(metrics, plane.app.get(OutletQueries))
    outlets.delivered('otlp', 3)
    outlets.failed('otlp', 'timeout')
    const text = await watched(metrics, outlets).exposition()
    expect(text).toMatch(/^writ_outlets\{kind="otlp",state="(?:delivering|failing)"\} \d+$/m)
    expect(text).toContain('writ_outlet_records_total{kind="otlp"} 3')
    expect(text).toContain('writ_outlet_failures_total{kind="otlp",code="timeout"} 1')
    expect(text).not.toContain(given.tenant)
  })
})

describe('what is sealed to a human', () => {
  it('leaves sealed, opened only from an outlet that discloses, and from none once the human is erased', async () => {
    const given = await givenTenant()
    const [sealed, open] = [await httpReceiver(), await httpReceiver()]
    await given.ask('POST', '', webhook(sealed))
    await given.ask('POST', '', { ...webhook(open), discloses: true })
    const { human, name } = await sealedHuman(given)
    await givenRecords(plane, given.tenant, 1, () => ({ human: { id: human, name } }))
    await until(() => sealed.taken.length + open.taken.length === 2)
    expect(eventsIn(sealed.taken)[0]?.data).toMatchObject({ record: { human: { id: human, name } } })
    expect(sealed.taken[0]?.body).not.toContain('Ada Lovelace')
    expect(eventsIn(open.taken)[0]?.data).toMatchObject({ disclosed: { '/human/name': 'Ada Lovelace' } })
    await inTenant(given, (db) => plane.app.get(SubjectKeys).destroy(db, human))
    await givenRecords(plane, given.tenant, 1, () => ({ human: { id: human, name } }))
    await until(() => open.taken.length === 2)
    expect(open.taken[1]?.body).not.toContain('Ada Lovelace')
    await Promise.all([sealed.kill(), open.kill()])
  })
})

async function sealedHuman(given: Given) {
  const { body } = await plane.ask('POST', '/api/v1/humans', {
    key: given.key,
    body: { name: 'Ada Lovelace', email: 'ada@example.test' },
  })
  const human = HumanId.parse(body.id)
  const subject = await inTenant(given, async (db) =>
    (await plane.app.get(SubjectKeys).of(db, [human])).get(human),
  )
  if (!subject) throw new Error('every human of a tenant has a key')
  return { human, name: sealedTo(subject, 'Ada Lovelace') }
}

const inTenant = <T>({ tenant }: Given, work: (db: TenantDb) => Promise<T>): Promise<T> =>
  plane.app.get(Tenancy).run({ id: tenant, slug: 'x' }, work)

describe('a syslog receiver on TLS', () => {
  it('that is killed in the middle gets everything, in order, and twice only under the same id', async () => {
    const given = await givenTenant()
    const receiver = await syslogReceiver(AUTHORITY.issue('localhost'))
    receiver.dieAfter = 37
    const target = { kind: 'syslog', host: 'localhost', port: receiver.port, authorities: AUTHORITY.cert }
    const { body: made } = await given.ask('POST', '', { name: 'siem', target, from: 'start' })
    await givenRecords(plane, given.tenant, 250)
    await until(async () => {
      await given.ask('POST', `/${made.id}/resume`)
      return (await statusOf(given, made.id)).nextLeaf >= 250
    })
    const ids = receiver.messages.map((message) =>
      / externalId=(\S+)|\|externalId=(\S+)/.exec(message)?.slice(1).find(Boolean),
    )
    expect(onceEach(ids.map(String))).toEqual(idsOf(given.tenant, 250))
    expect(ids.length).toBeGreaterThan(250)
    expect(receiver.messages[0]).toMatch(
      /^<110>1 2026-01-02T03:04:05\.006Z nod_\w{26} writ - closed - CEF:0\|Writ\|/,
    )
    await receiver.kill()
  })

  it('whose certificate is of nobody we know gets nothing', async () => {
    const given = await givenTenant()
    const receiver = await syslogReceiver(testAuthority().issue('localhost'))
    const target = { kind: 'syslog', host: 'localhost', port: receiver.port, authorities: AUTHORITY.cert }
    const { body: made } = await given.ask('POST', '', { name: 'impostor', target, from: 'start' })
    await givenRecords(plane, given.tenant, 1)
    await until(async () => (await statusOf(given, made.id)).failures > 0)
    expect((await statusOf(given, made.id)).failure.code).toBe('tls')
    expect(receiver.messages).toEqual([])
    await receiver.kill()
  })
})

describe('a collector of OpenTelemetry', () => {
  it('that takes only a part gets the others all the same, and what it never takes is named', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    const target = { kind: 'otlp', url: receiver.url.replace('/events', '/v1/logs') }
    const asked = { name: 'otel', target, from: 'start', authorization: 'Bearer of-the-collector' }
    const { body: made } = await given.ask('POST', '', asked)
    const poison = `"stringValue":"${given.tenant}/3"`
    receiver.answer = ({ body }) =>
      body.includes(poison) ? { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"1"}}' } : 200
    await givenRecords(plane, given.tenant, 6)
    await until(async () => {
      await given.ask('POST', `/${made.id}/resume`)
      return (await statusOf(given, made.id)).nextLeaf >= 6
    }, 60_000)
    const { body: letters } = await given.ask('GET', `/${made.id}/dead-letters`)
    expect(letters.items).toMatchObject([{ leafIndex: 3, detail: 'partial: 1 log records were not taken' }])
    const uids = receiver.taken
      .filter(({ body }) => !body.includes(poison))
      .flatMap(({ body }) => body.match(/ten_\w+\/\d+/g))
    expect(onceEach(uids.map(String))).toEqual(idsOf(given.tenant, 6).filter((id) => !id.endsWith('/3')))
    expect(receiver.taken[0]?.headers.authorization).toBe('Bearer of-the-collector')
    expect(made.hasAuthorization).toBe(true)
    await receiver.kill()
  })
})

describe('a control plane', () => {
  it('that is killed while it delivers is followed by another one, which goes on where it was, and writes files where its operator says', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    const { body: made } = await given.ask('POST', '', webhook(receiver))
    // So that the one which is killed delivers.
    await plane.app.close()
    await givenRecords(plane, given.tenant, 400)
    const child = startedControlPlane(plane.appUrl)
    try {
      await until(() => receiver.taken.length >= 50, 60_000)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const before = receiver.taken.length
      expect(await leaseLeft(made.id)).toBeGreaterThan(0)
      plane = await reopened(plane)
      await plane.query('update writ.outlets set lease_until = now() where id = $1', [made.id])
      await caughtUp(given, made.id, 400)
      const ids = eventsIn(receiver.taken).map(({ id }) => id)
      expect(before).toBeLessThan(400)
      expect(onceEach(ids)).toEqual(idsOf(given.tenant, 400))
      expect(ids.length - 400).toBeLessThanOrEqual(before)
      await until(async () => (await linesOf(given)).length >= 400)
      expect((await linesOf(given)).map(({ leafIndex }) => leafIndex)).toEqual(
        Array.from({ length: 400 }, (_, n) => n),
      )
    } finally {
      child.kill('SIGKILL')
      await receiver.kill()
    }
  })
})

/** What the file of a tenant holds. */
async function linesOf({ slug, tenant }: Given): Promise<{ readonly leafIndex: number }[]> {
  const text = await readFile(join(directory, `${slug}_${tenant}.jsonl`), 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** Seconds for which nobody else takes over what the dead one delivered. */
async function leaseLeft(id: string): Promise<number> {
  const [row] = await plane.query<{ seconds: number }>(
    'select extract(epoch from lease_until - now())::float8 as seconds from writ.outlets where id = $1',
    [id],
  )
  return row?.seconds ?? 0
}

/** The same database again, as another process of the platform would serve it. */
async function reopened(before: ControlPlane): Promise<ControlPlane> {
  const after = await givenControlPlane({
    environment: { ...ALLOWED, DATABASE_URL: before.appUrl, WRIT_OUTLET_FILE_DIRECTORY: directory },
  })
  return {
    ...after,
    query: before.query,
    workerUrl: before.workerUrl,
    close: async () => void (await Promise.all([after.close(), before.close()])),
  }
}

/** A real process, from the same sources. */
function startedControlPlane(databaseUrl: string) {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  return spawn(process.execPath, [...process.execArgv, main], {
    stdio: 'ignore',
    env: {
      ...ALLOWED,
      DATABASE_URL: databaseUrl,
      WRIT_JOIN_SECRET: JOIN_SECRET,
      WRIT_OPERATOR_KEY: OPERATOR_KEY,
      WRIT_PUBLIC_ORIGIN: ORIGIN,
      WRIT_CONTROL_PLANE_PORT: '0',
    },
  })
}
