import { describe, expect, it } from '@jest/globals'
import type { Database } from '@writ/postgres'
import type { ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { arrive } from './desk.fixture.ts'

type Event = { readonly id: string | null; readonly event: string; readonly data: string }
type Tail = { readonly next: () => Promise<Event | null>; readonly close: () => void }

async function openTail(
  plane: ControlPlane,
  key: string,
  query: string,
  lastEventId?: string,
): Promise<Tail & { status: number }> {
  const gone = new AbortController()
  const response = await fetch(`${plane.url}/api/v1/records/live?${query}`, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: gone.signal,
  })
  const events = eventsIn(response)
  return {
    status: response.status,
    next: async () => (await events.next()).value ?? null,
    close: () => gone.abort(),
  }
}

async function* eventsIn({ body }: Response): AsyncGenerator<Event> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const field = (name: string, of = text.slice(0, end)) =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(of)?.[1] ?? null
      yield { id: field('id'), event: field('event') ?? '', data: field('data') ?? '' }
      text = text.slice(end + 2)
    }
  }
}

const recordsOf = async (tail: Tail, count: number) => {
  const found: { leaf: number; outcome: string; id: string | null }[] = []
  while (found.length < count) {
    const event = await tail.next()
    if (event === null) break
    if (event.event !== 'record') continue
    const { leafIndex, record } = JSON.parse(event.data)
    found.push({ leaf: leafIndex, outcome: record.outcome, id: event.id })
  }
  return found
}

type Given = () => { readonly plane: ControlPlane; readonly worker: Database }

/** What a live tail tells, and when it ends. */
export function describeLive(given: Given): void {
  const newWorld = () => givenWorld(given().plane)
  const tailOf = (key: string, query: string, lastEventId?: string) =>
    openTail(given().plane, key, query, lastEventId)
  const some = ({ tenant }: World, ...outcomes: ('allow' | 'deny')[]) =>
    arrive(
      given().plane,
      given().worker,
      tenant,
      outcomes.map((outcome) => ({ outcome })),
    )

  describe('a live tail', () => {
    it('tells of records as they arrive, and of nothing that another tenant does', async () => {
      const [world, other] = [await newWorld(), await newWorld()]
      await some(other, 'deny')
      const tail = await tailOf(world.key, 'outcome=deny&after=-1')
      expect(tail.status).toBe(200)
      await some(world, 'allow', 'deny')
      await some(other, 'deny', 'deny')
      const [first] = await recordsOf(tail, 1)
      await some(world, 'deny')
      const [second] = await recordsOf(tail, 1)
      expect([first?.outcome, second?.outcome]).toEqual(['deny', 'deny'])
      expect(Number(second?.id)).toBe(second?.leaf)
      const page = await world.ask('GET', 'records?outcome=deny')
      expect(page.body.items.map((one: { leafIndex: number }) => one.leafIndex)).toEqual([
        first?.leaf,
        second?.leaf,
      ])
      tail.close()
    })

    it('goes on behind the event that was seen last, without a gap and without a repetition', async () => {
      const world = await newWorld()
      await some(world, 'deny', 'deny', 'deny')
      const before = await tailOf(world.key, 'outcome=deny&after=-1')
      const [seen] = await recordsOf(before, 1)
      before.close()
      await some(world, 'deny')
      const after = await tailOf(world.key, 'outcome=deny', String(seen?.id))
      const later = await recordsOf(after, 3)
      after.close()
      const page = await world.ask('GET', 'records?outcome=deny')
      expect([seen, ...later].map((one) => one?.leaf)).toEqual(
        page.body.items.map((one: { leafIndex: number }) => one.leafIndex),
      )
    })

    it('goes on before the first record where a heartbeat said that the log was empty', async () => {
      const world = await newWorld()
      await some(world, 'deny', 'allow', 'deny')
      const tail = await tailOf(world.key, 'outcome=deny&seconds=1', '-1')
      expect(await recordsOf(tail, 2)).toHaveLength(2)
      tail.close()
    })

    it('begins now when nothing says where, and ends when its time is over', async () => {
      const world = await newWorld()
      await some(world, 'deny')
      const tail = await tailOf(world.key, 'outcome=deny&seconds=1')
      expect(await recordsOf(tail, 1)).toEqual([])
    })

    it('ends with the key that opened it', async () => {
      const world = await newWorld()
      const { body } = await world.ask('POST', 'api-keys', { name: 'tail', role: 'auditor' })
      const tail = await tailOf(body.key, 'outcome=deny')
      await world.ask('DELETE', `api-keys/${body.id}`)
      await some(world, 'deny')
      const events: Event[] = []
      for (let event = await tail.next(); event !== null; event = await tail.next()) events.push(event)
      expect(events.filter(({ event }) => event === 'record')).toEqual([])
      expect(events.at(-1)).toMatchObject({ event: 'end', data: '{"reason":"a valid key is required"}' })
    })

    it('is for whoever may read records, and for so many at once', async () => {
      const world = await newWorld()
      const { body } = await world.ask('POST', 'api-keys', { name: 'approver', role: 'approver' })
      const closed = await tailOf(body.key, '')
      expect(closed.status).toBe(403)
      const tails = await Promise.all(Array.from({ length: 20 }, () => tailOf(world.key, '')))
      expect(tails.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
      expect((await tailOf(world.key, '')).status).toBe(429)
      for (const tail of tails) tail.close()
      const deadlineMs = Date.now() + 10_000
      let again = await tailOf(world.key, 'seconds=0')
      while (again.status === 429 && Date.now() < deadlineMs) again = await tailOf(world.key, 'seconds=0')
      expect(again.status).toBe(200)
    })
  })
}
