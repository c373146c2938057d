import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { RecordFields } from '@writ/audit'
import { formatId, PolicyId } from '@writ/contracts'
import type { IdPrefix, RuleMatch } from '@writ/contracts'
import { openDatabase } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { describeDamage } from './damage.suite.ts'
import { arrive } from './desk.fixture.ts'
import { describeLive } from './live.suite.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let worker: Database
let world: World
let stranger: World

const id = <P extends IdPrefix>(prefix: P) => formatId(prefix, Date.now(), randomBytes(10))
const [boss, agent, human] = [
  { id: id('agt'), name: 'boss' },
  { id: id('agt'), name: 'clerk' },
  { id: id('hum'), name: 'Ada' },
]
const [session, above, listing, part, pay] = [id('ses'), id('ses'), id('dec'), id('dec'), id('dec')]
const connection = { id: id('con'), name: 'crm' }
const at = (second: number) => new Date(Date.UTC(2026, 4, 1, 12, 0, second)).toISOString()

const call = (over: Partial<RecordFields>): Partial<RecordFields> => ({
  agent,
  human,
  delegators: [boss],
  session,
  ancestors: [above],
  connection,
  action: {
    method: 'tools/call',
    tool: 'pay',
    class: 'money',
    classSource: 'admin',
    resource: 'accounts/7',
  },
  ...over,
})

/** A listing with a part, a payment that was let and answered, and another that a rule would have asked about. */
const records = (): Partial<RecordFields>[] => {
  const match: RuleMatch = {
    policy: PolicyId.parse(world.policy),
    policyName: 'ask first',
    policyVersion: 1,
    rule: 'ask-first',
    effect: 'ask',
    mode: 'enforce',
    reason: 'Money moves with a person only.',
    errored: false,
    overriddenBy: null,
  }
  const outbound = {
    outcome: 'ask' as const,
    matches: [match],
    signals: ['pii.email'],
    modified: false,
    byDefault: false,
    labels: ['money'],
    hidden: [],
    approval: null,
  }
  return [
    call({ decisionId: listing, at: at(1), action: null }),
    call({ decisionId: part, parent: listing, at: at(2) }),
    call({
      decisionId: pay,
      kind: 'opened',
      at: at(3),
      outbound,
      request: { sha256: 'a'.repeat(64), sizeBytes: 9 },
    }),
    call({
      decisionId: pay,
      at: at(4),
      outcome: 'ask',
      refusal: 'approval_required',
      outbound,
      request: { sha256: 'a'.repeat(64), sizeBytes: 9 },
      response: { sha256: 'b'.repeat(64), sizeBytes: 9, status: 200 },
    }),
    { decisionId: id('dec'), at: at(5), outcome: 'deny' },
  ]
}

beforeAll(async () => {
  plane = await givenControlPlane()
  worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'desk spec' })
  ;[world, stranger] = [await givenWorld(plane), await givenWorld(plane)]
  await arrive(plane, worker, world.tenant, records())
})
afterAll(async () => {
  await worker?.close()
  await plane?.close()
})

describeLive(() => ({ plane, worker }))
describeDamage(
  () => plane,
  () => worker,
)

const found = async (query: string, of: World = world) => {
  const { status, body } = await of.ask('GET', `records?${query}`)
  return status === 200
    ? body.items.map(({ record }: { record: { decisionId: string } }) => record.decisionId)
    : status
}

describe('records', () => {
  it('are found by what was asked for, from either end', async () => {
    expect(await found(`session=${session}`)).toEqual([listing, part, pay, pay])
    expect(await found(`session=${session}&order=newest&limit=2`)).toEqual([pay, pay])
    expect(await found(`delegator=${boss.id}&rule=ask-first&kind=closed`)).toEqual([pay])
    expect(await found(`resource=accounts/7&from=${at(3)}&until=${at(4)}`)).toEqual([pay])
    expect(await found(`decision=${pay.slice(0, 20)}&outcome=ask`)).toEqual([pay])
  })

  it('come in pages that go on where the one before ended', async () => {
    const first = await world.ask('GET', `records?session=${session}&order=newest&limit=3`)
    const second = await world.ask(
      'GET',
      `records?session=${session}&order=newest&limit=3&after=${first.body.next}`,
    )
    expect([...first.body.items, ...second.body.items].map(({ leafIndex }) => leafIndex)).toEqual(
      [...first.body.items, ...second.body.items].map(({ leafIndex }) => leafIndex).toSorted((a, b) => b - a),
    )
    expect(first.body.items).toHaveLength(3)
    expect(second.body.items).toHaveLength(1)
  })

  it.each([
    'nonsense=1',
    'order=sideways',
    `agent=${encodeURIComponent("x' or true --")}`,
    'decision=%25',
    'sha256=xyz',
    'from=yesterday',
    'limit=501',
    'after=-2',
    'after=',
  ])('are not looked for by %s', async (query) => {
    expect(await found(query)).toBe(400)
  })

  it.each(['', 'counts?field=tool&', 'times?steps=2&', 'lineage?session=SESSION&', 'live?seconds=0&'])(
    'are not asked for at a moment that no database has: %s',
    async (asked) => {
      const path = (asked === '' ? '?' : `/${asked}`).replace('SESSION', session)
      const until = encodeURIComponent(at(9))
      for (const from of ['0000-01-01T00:00:00Z', '2026-01-01T00:00:00+23:00', '9999-12-31T23:59:59-01:00']) {
        const { status, body } = await world.ask(
          'GET',
          `records${path}from=${encodeURIComponent(from)}&until=${until}`,
        )
        expect([from, status, body.errors]).toEqual([from, 400, [expect.objectContaining({ path: 'from' })]])
      }
    },
  )

  it.each(['0001-01-01T00:00:00Z', '2026-01-01T00:00:00+15:59', '9999-12-31T23:59:59Z'])(
    'are asked for from %s on, by every question',
    async (moment) => {
      const until = encodeURIComponent('9999-12-31T23:59:59.999Z')
      for (const path of ['?', '/counts?field=tool&', '/times?', `/lineage?session=${session}&`]) {
        const { status } = await world.ask(
          'GET',
          `records${path}from=${encodeURIComponent(moment)}&until=${until}`,
        )
        expect([path, status]).toEqual([path, 200])
      }
    },
  )

  it('are followed from a place that is a number, or from now on', async () => {
    for (const query of ['after=&seconds=0', 'after=%20&seconds=0', 'seconds=']) {
      const { status } = await world.ask('GET', `records/live?${query}`)
      expect([query, status]).toEqual([query, 400])
    }
  })

  it('are each at their leaf', async () => {
    const [{ leafIndex }] = (await world.ask('GET', `records?decision=${listing}`)).body.items
    const { status, body } = await world.ask('GET', `records/${leafIndex}`)
    expect([status, body.record.decisionId]).toEqual([200, listing])
    for (const leaf of ['999999', '-1', '1.5', 'x', '99999999999999999999'])
      expect([leaf, (await world.ask('GET', `records/${leaf}`)).status]).toEqual([leaf, 404])
  })

  it('are counted by field, and over time', async () => {
    const counts = await world.ask('GET', `records/counts?field=outcome&session=${session}`)
    expect(counts.body).toEqual({
      field: 'outcome',
      of: 4,
      values: [
        { value: 'allow', records: 3 },
        { value: 'ask', records: 1 },
      ],
      cut: null,
    })
    const times = await world.ask('GET', `records/times?from=${at(0)}&until=${at(6)}&steps=3`)
    expect(times.body.steps.map(({ outcomes }: { outcomes: object }) => outcomes)).toEqual([
      { allow: 1 },
      { allow: 2 },
      { ask: 1, deny: 1 },
    ])
  })
})

describe('the story of a decision', () => {
  it('says who did what, why it ended so, and what was around it', async () => {
    const { status, body } = await world.ask('GET', `records/decisions/${pay}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      decision: pay,
      who: { human: { id: human.id }, agent, delegators: [boss], session, ancestors: [above] },
      what: {
        channel: 'gateway',
        connection,
        action: { tool: 'pay', class: 'money', resource: 'accounts/7' },
      },
      outcome: 'ask',
      refusal: 'approval_required',
      why: { byDefault: false, signals: ['pii.email'], labels: ['money'], bundle: null },
    })
    expect(body.records.map(({ record }: { record: { kind: string } }) => record.kind)).toEqual([
      'opened',
      'closed',
    ])
    expect(body.session.lines.map(({ decision }: { decision: string }) => decision)).toEqual([listing, part])
  })

  it('shows the rule as the version of its policy had it, also when there is another now', async () => {
    const document = {
      writ: 1,
      rules: [
        {
          id: 'ask-first',
          effect: 'deny',
          when: { path: 'action.class', op: 'eq', value: 'exec' },
          reason: 'no',
        },
      ],
    }
    expect((await world.ask('PUT', `policies/${world.policy}`, { document })).status).toBe(200)
    const { body } = await world.ask('GET', `records/decisions/${pay}`)
    expect(body.why.rules).toMatchObject([
      {
        policyName: 'ask first',
        policyVersion: 1,
        rule: 'ask-first',
        direction: 'outbound',
        text: { id: 'ask-first', effect: 'ask', when: { value: 'money' } },
      },
    ])
  })

  it('names what it is a part of, and its own parts', async () => {
    expect((await world.ask('GET', `records/decisions/${part}`)).body.parent).toBe(listing)
    const { body } = await world.ask('GET', `records/decisions/${listing}`)
    expect(body.parts.map(({ decision }: { decision: string }) => decision)).toEqual([part])
  })

  it('is nobody else’s: another tenant learns as much as of a decision that there never was', async () => {
    const theirs = await stranger.ask('GET', `records/decisions/${pay}`)
    const nobodys = await stranger.ask('GET', `records/decisions/${id('dec')}`)
    expect([theirs.status, theirs.text]).toEqual([404, nobodys.text])
  })
})

const lineage = async (query: string, of: World = world) =>
  (await of.ask('GET', `records/lineage?${query}`)).body

const of = (kind: string, ...parts: string[]) => ['urn:writ', world.tenant, kind, ...parts].join(':')

describe('lineage', () => {
  it('goes from the human to what was reached', async () => {
    const { nodes, edges, isCut } = await lineage(`decision=${pay}`)
    expect(isCut).toBe(false)
    const [tool, resource] = [`tool:${connection.id}:pay`, `resource:${connection.id}:accounts/7`]
    for (const edge of [
      ['delegated', human.id, boss.id],
      ['delegated', boss.id, agent.id],
      ['delegated', above, session],
      ['opened', agent.id, session],
      ['made', session, pay],
      ['used', pay, tool],
      ['reached', tool, resource],
    ])
      expect(edges).toContainEqual({ kind: edge[0], from: edge[1], to: edge[2] })
    expect(nodes).toContainEqual(expect.objectContaining({ id: pay, kind: 'call', outcome: 'ask' }))
    const ids = new Set(nodes.map((node: { id: string }) => node.id))
    expect(edges.every(({ from, to }: { from: string; to: string }) => ids.has(from) && ids.has(to))).toBe(
      true,
    )
  })

  it('of a part begins at what it is a part of', async () => {
    const { lines, edges } = await lineage(`decision=${part}`)
    expect(lines.map(({ decision }: { decision: string }) => decision)).toEqual([listing, part])
    expect(edges).toContainEqual({ kind: 'made', from: listing, to: part })
  })

  it.each(['session', 'agent', 'human'] as const)('is asked for by %s too', async (by) => {
    const value = { session: above, agent: boss.id, human: human.id }[by]
    const { lines } = await lineage(`${by}=${value}`)
    expect(lines).toHaveLength(4)
  })

  it('says when it was cut, and keeps the newest', async () => {
    const { lines, isCut } = await lineage(`session=${session}&most=2`)
    expect([lines.map(({ decision }: { decision: string }) => decision), isCut]).toEqual([[pay, pay], true])
  })

  it('is W3C PROV, complete in itself', async () => {
    const document = await lineage(`decision=${pay}&format=prov`)
    const thing = (name: string) => document['@graph'].find((one: { '@id': string }) => one['@id'] === name)
    expect(thing(of('call', pay))).toMatchObject({
      '@type': 'prov:Activity',
      wasAssociatedWith: of('agent', agent.id),
      startedAtTime: at(3),
      endedAtTime: at(4),
      used: [of('content', 'a'.repeat(64)), of('connection', connection.id)],
    })
    expect(thing(of('agent', agent.id))).toMatchObject({ actedOnBehalfOf: of('agent', boss.id) })
    expect(thing(of('agent', boss.id))).toMatchObject({ actedOnBehalfOf: of('human', human.id) })
    expect(thing(of('content', 'b'.repeat(64)))).toMatchObject({ wasGeneratedBy: of('call', pay) })
    const context: Record<string, unknown> = document['@context']
    expect(
      Object.values(context).filter((value) => typeof value === 'string' && /^https?:/.test(value)),
    ).toEqual(expect.arrayContaining(['http://www.w3.org/ns/prov#']))
  })

  it('of another tenant’s things is empty', async () => {
    for (const query of [`decision=${pay}`, `session=${session}`, `agent=${agent.id}`, `human=${human.id}`])
      expect(await lineage(query, stranger)).toEqual({ lines: [], nodes: [], edges: [], isCut: false })
  })

  it.each(['', `session=${session}&agent=${agent.id}`, 'session=x', `session=${session}&most=5001`])(
    'wants exactly one thing to be about, and not "%s"',
    async (query) => {
      expect((await world.ask('GET', `records/lineage?${query}`)).status).toBe(400)
    },
  )
})
