import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenRecords, httpReceiver, until } from '../testing/outlets.ts'
import type { HttpReceiver } from '../testing/outlets.ts'
import { MOST_UNANSWERED } from './delivery.ts'

jest.setTimeout(120_000)

const ENVIRONMENT = {
  WRIT_MASTER_KEY: randomBytes(32).toString('base64url'),
  WRIT_ALLOW_OUTLETS_OF_EVERY_TENANT_ON_LOOPBACK: 'yes',
}

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane({ environment: ENVIRONMENT })
})
afterAll(() => plane?.close())

type Given = {
  readonly tenant: `ten_${string}`
  readonly ask: (method: string, path: string, body?: unknown) => ReturnType<ControlPlane['ask']>
}

async function givenTenant(): Promise<Given> {
  const { tenant, ownerKey } = await plane.newTenant()
  const ask: Given['ask'] = (method, path, body) =>
    plane.ask(method, `/api/v1/outlets${path}`, { key: ownerKey.key, ...(body !== undefined && { body }) })
  return { tenant: tenant.id, ask }
}

const webhookTo = async ({ ask }: Given, url: string, name = 'hook', more = {}): Promise<string> =>
  (await ask('POST', '', { name, target: { kind: 'webhook', url, ...more }, from: 'start' })).body.id

const statusOf = async ({ ask }: Given, id: string) => (await ask('GET', `/${id}`)).body.status
const lettersOf = async ({ ask }: Given, id: string) =>
  (await ask('GET', `/${id}/dead-letters`)).body.items.map(
    (letter: { leafIndex: number; toLeaf: number; reason: string }) => [
      letter.leafIndex,
      letter.toLeaf,
      letter.reason,
    ],
  )
const leavesIn = ({ taken }: HttpReceiver): number[] => [
  ...new Set(
    taken
      .flatMap(({ body }) => JSON.parse(body))
      .map(({ data }: { data: { leafIndex: number } }) => data.leafIndex),
  ),
]

/** Refuses those leaves of the tenant, and takes all others. */
const choking = async ({ tenant }: Given, leaves: readonly number[]): Promise<HttpReceiver> => {
  const receiver = await httpReceiver()
  receiver.answer = ({ body }) => (leaves.some((leaf) => body.includes(`"${tenant}/${leaf}"`)) ? 403 : 204)
  return receiver
}

/** Without waiting for the time of the next try. */
const hurried = (given: Given, id: string, count: number) =>
  until(async () => {
    await given.ask('POST', `/${id}/resume`)
    return (await statusOf(given, id)).nextLeaf >= count
  }, 40_000)

describe('a receiver that chokes on several records one after the other', () => {
  it('gets all others all the same: one call leaves two records, and both say what an agent called things', async () => {
    const given = await givenTenant()
    const receiver = await choking(given, [2, 3, 4])
    const id = await webhookTo(given, receiver.url)
    await givenRecords(plane, given.tenant, 8)
    await hurried(given, id, 8)
    expect(leavesIn(receiver)).toEqual([0, 1, 5, 6, 7])
    expect(await lettersOf(given, id)).toEqual([
      [2, 3, 'refused'],
      [3, 4, 'refused'],
      [4, 5, 'refused'],
    ])
    await receiver.kill()
  })

  it('is not held up either where what comes behind them is gone or damaged', async () => {
    const given = await givenTenant()
    await givenRecords(plane, given.tenant, 7)
    await plane.query('alter table writ.records disable trigger user')
    await plane.query('delete from writ.records where tenant_id = $1 and leaf_index in (2, 3)', [
      given.tenant,
    ])
    await plane.query(`update writ.records set bytes = '{}' where tenant_id = $1 and leaf_index = 4`, [
      given.tenant,
    ])
    const receiver = await choking(given, [1])
    const id = await webhookTo(given, receiver.url, 'hook', { batch: true })
    await hurried(given, id, 7)
    expect(leavesIn(receiver)).toEqual([0, 5, 6])
    expect(await lettersOf(given, id)).toEqual([
      [1, 2, 'refused'],
      [2, 4, 'expired'],
      [4, 5, 'unreadable'],
    ])
    await receiver.kill()
  })
})

/** Resets the connection for those leaves of the tenant, and takes all else, test events too. */
const cuts = (leaves: readonly number[], { tenant }: Given, receiver: HttpReceiver) => {
  receiver.answer = ({ body }) => (leaves.some((leaf) => body.includes(`"${tenant}/${leaf}"`)) ? null : 204)
}

describe('a receiver that cuts the connection at several records one after the other', () => {
  it.each([true, false])(
    'gets all others once it takes test events all the same: batch %p',
    async (batch) => {
      const given = await givenTenant()
      const receiver = await httpReceiver()
      cuts([2, 3], given, receiver)
      const id = await webhookTo(given, receiver.url, 'hook', { batch })
      await givenRecords(plane, given.tenant, 6)
      await hurried(given, id, 6)
      const taken = leavesIn(receiver).filter((leaf) => leaf !== undefined)
      expect([...new Set(taken)]).toEqual([0, 1, 4, 5])
      expect(await lettersOf(given, id)).toEqual([
        [2, 3, 'refused'],
        [3, 4, 'refused'],
      ])
      cuts([], given, receiver)
      await given.ask('POST', `/${id}/dead-letters/redrive`, {})
      await until(async () => (await statusOf(given, id)).deadLetters === 0)
      await receiver.kill()
    },
  )

  it('keeps all of them waiting for as long as it takes nothing else either', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    receiver.answer = () => null
    const id = await webhookTo(given, receiver.url)
    await givenRecords(plane, given.tenant, 3)
    await until(async () => {
      await given.ask('POST', `/${id}/resume`)
      return (await statusOf(given, id)).failures > MOST_UNANSWERED + 2
    }, 40_000)
    const { nextLeaf, deadLetters } = await statusOf(given, id)
    expect([nextLeaf, deadLetters]).toEqual([0, 0])
    await receiver.kill()
  })

  it('gets a record that it takes at the last try, and loses none', async () => {
    const given = await givenTenant()
    const receiver = await httpReceiver()
    let isBack = false
    receiver.answer = ({ body }) => {
      isBack ||= body.includes('dev.writ.test.v1')
      return isBack ? 204 : null
    }
    const id = await webhookTo(given, receiver.url)
    await givenRecords(plane, given.tenant, 3)
    await hurried(given, id, 3)
    expect(leavesIn(receiver).filter((leaf) => leaf !== undefined)).toEqual([0, 1, 2])
    expect(await lettersOf(given, id)).toEqual([])
    await receiver.kill()
  })

  it('is begun with anew when it is another one', async () => {
    const given = await givenTenant()
    const [bad, next] = [await httpReceiver(), await httpReceiver()]
    bad.answer = () => null
    const id = await webhookTo(given, bad.url)
    await givenRecords(plane, given.tenant, 1)
    await until(async () => (await statusOf(given, id)).failures > 0)
    await given.ask('POST', `/${id}/pause`)
    const { body } = await given.ask('PATCH', `/${id}`, { target: { kind: 'webhook', url: next.url } })
    expect([body.status.failures, body.status.failure]).toEqual([0, null])
    await Promise.all([bad.kill(), next.kill()])
  })
})

/** Takes everything, each after so long; null: never answers. */
async function slowReceiver(eachMs: number | null) {
  const seen: string[] = []
  const server: Server = createServer((request, response) => {
    seen.push(String(request.headers['webhook-id']))
    request.resume()
    if (eachMs !== null) setTimeout(() => response.writeHead(204).end(), eachMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/events`, seen, close }
}

describe('an outlet that gets another receiver while the one of before is sent to', () => {
  it('goes on there from the place that the change was answered with', async () => {
    const given = await givenTenant()
    const [slow, next] = [await slowReceiver(20), await httpReceiver()]
    await givenRecords(plane, given.tenant, 230)
    const id = await webhookTo(given, slow.url)
    await until(() => slow.seen.length > 5)
    const { body } = await given.ask('PATCH', `/${id}`, { target: { kind: 'webhook', url: next.url } })
    await until(async () => (await statusOf(given, id)).nextLeaf >= 230, 40_000)
    expect(body.status.nextLeaf).toBeLessThan(200)
    expect(leavesIn(next)).toEqual(
      Array.from({ length: 230 - body.status.nextLeaf }, (_, n) => body.status.nextLeaf + n),
    )
    await Promise.all([slow.close(), next.kill()])
  })
})

describe('a ledger that goes back while its records are sent, as one does that a replica took the place of', () => {
  it('has its outlets no further on than it is: what comes in the place of what it lost goes out too', async () => {
    const given = await givenTenant()
    const slow = await slowReceiver(1500)
    await givenRecords(plane, given.tenant, 10)
    const id = await webhookTo(given, slow.url, 'hook', { batch: true })
    await until(() => slow.seen.length === 1)
    await plane.query('alter table writ.records disable trigger user')
    await plane.query('delete from writ.records where tenant_id = $1 and leaf_index >= 4', [given.tenant])
    await plane.query('update writ.tenant_logs set size = 4 where tenant_id = $1', [given.tenant])
    await until(() => slow.seen.length === 2)
    expect((await statusOf(given, id)).nextLeaf).toBe(0)
    await givenRecords(plane, given.tenant, 3)
    await until(async () => (await statusOf(given, id)).nextLeaf >= 7)
    expect(slow.seen.at(-1)).toMatch(/-6$/)
    expect((await statusOf(given, id)).nextLeaf).toBe(7)
    await slow.close()
  })
})

describe('a tenant that an outlet of the operator cannot be made for', () => {
  it('keeps no other tenant from its records', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'writ-outlets-'))
    const bad = await givenTenant()
    const good = await givenTenant()
    await plane.query(`create function public.refuse_outlet() returns trigger language plpgsql as $$
      begin
        if new.tenant_id = '${bad.tenant}' and new.of_operator then raise exception 'not for this one'; end if;
        return new;
      end $$`)
    await plane.query(
      'create trigger refuse_outlet before insert on writ.outlets for each row execute function public.refuse_outlet()',
    )
    await givenRecords(plane, good.tenant, 3)
    const other = await givenControlPlane({
      environment: { ...ENVIRONMENT, DATABASE_URL: plane.appUrl, WRIT_OUTLET_FILE_DIRECTORY: directory },
    })
    const files = async () => (await readdir(directory)).join(' ')
    await until(async () => (await files()).includes(good.tenant))
    expect(await files()).not.toContain(bad.tenant)
    expect(other.logged()).toContain('an outlet of the operator was not made')
    await plane.query('drop trigger refuse_outlet on writ.outlets')
    await until(
      async () =>
        (await plane.query('select from writ.outlets where tenant_id = $1', [bad.tenant])).length > 0,
    )
    await other.close()
    await rm(directory, { recursive: true, force: true })
  })
})

describe('a tenant whose receivers never answer', () => {
  it('takes four of the places at which outlets are delivered, and no more', async () => {
    const given = await givenTenant()
    const silent = await slowReceiver(null)
    await givenRecords(plane, given.tenant, 1)
    for (let n = 0; n < 7; n += 1) await webhookTo(given, silent.url, `hook-${n}`)
    await until(() => silent.seen.length >= 4)
    await pause(3500)
    expect(silent.seen).toHaveLength(4)
    await silent.close()
  })
})
