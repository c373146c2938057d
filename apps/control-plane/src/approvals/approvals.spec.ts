import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { ApprovalClaim } from '@writ/contracts'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle, sessionOf } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(30_000)

let laterMs = 0
let plane: ControlPlane
let node: JoinedNode
let acme: World
let beta: World
let bundle: ApprovalClaim['bundle']

beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => Date.now() + laterMs } })
  node = await joinedNode(plane)
  acme = await givenWorld(plane)
  beta = await givenWorld(plane)
  bundle = await bundleOf(acme)
})
afterAll(() => plane?.close())

async function bundleOf({ slug }: World): Promise<ApprovalClaim['bundle']> {
  const opened = await openedBundle(node, slug)
  return { version: opened.bundle.version, sha256: opened.sha256 }
}

const ARGUMENTS = '{"amount":20,"to":"the-payee-of-the-spec"}'
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** The claim of a call that nobody made before, unless it is said which. */
const claimOf = (changes: object = {}) => ({
  tenant: acme.slug,
  session: acme.session,
  agent: acme.agent.id,
  human: acme.agent.human,
  connection: acme.connection,
  tool: 'pay',
  argsSha256: hashOf(`${ARGUMENTS}${randomBytes(8).toString('hex')}`),
  bundle,
  match: { policy: acme.policy, rule: 'ask-first', reason: 'Money moves with a person only.' },
  ttlSeconds: 30,
  waitSeconds: 0,
  ...changes,
})
const claim = (body: object) => node.ask('POST', '/internal/v1/approvals', body)
const requested = async (): Promise<string> => (await claim(claimOf())).body.id
const approve = (id: string) => acme.ask('POST', `approvals/${id}/approve`)
const found = async (id: string) => (await acme.ask('GET', `approvals/${id}`)).status
const refuse = (id: string) => acme.ask('POST', `approvals/${id}/refuse`)

describe('a claim of a call', () => {
  it('makes a request that people see, and finds it again instead of making another', async () => {
    const call = claimOf()
    const { status, body: first } = await claim(call)
    expect([status, first.state]).toEqual([200, 'pending'])
    expect((await claim(call)).body).toEqual(first)
    const { body } = await acme.ask('GET', 'approvals?state=pending')
    const shown = body.items.filter(({ argsSha256 }: ApprovalClaim) => argsSha256 === call.argsSha256)
    expect(shown).toEqual([
      expect.objectContaining({
        id: first.id,
        agent: expect.objectContaining({ id: acme.agent.id }),
        human: { id: acme.agent.human, name: 'Ada' },
        connection: { id: acme.connection, name: 'crm' },
        tool: 'pay',
        rule: 'ask-first',
        expiresAt: first.expiresAt,
        decidedBy: null,
      }),
    ])
  })

  it('is approved once: what was approved is used up by it', async () => {
    const call = claimOf()
    const { id } = (await claim(call)).body
    expect((await approve(id)).body).toMatchObject({
      id,
      state: 'approved',
      decidedBy: acme.key.split('.')[0],
    })
    expect((await claim(call)).body).toEqual({ state: 'approved', id })
    expect((await acme.ask('GET', `approvals/${id}`)).body.state).toBe('consumed')
    const again = (await claim(call)).body
    expect(again.state).toBe('pending')
    expect(again.id).not.toBe(id)
  })

  it('is approved once, also when many gateways claim it at one moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const call = claimOf()
      const { id } = (await claim(call)).body
      await approve(id)
      const answers = await Promise.all(Array.from({ length: 8 }, () => claim(call)))
      expect(answers.map(({ body }) => String(body.state)).sort()).toEqual([
        'approved',
        ...Array.from({ length: 7 }, () => 'pending'),
      ])
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(2)
    }
  })

  it('stays refused until the request would have ended', async () => {
    const call = claimOf()
    const { id } = (await claim(call)).body
    expect((await refuse(id)).body.state).toBe('refused')
    expect((await claim(call)).body).toEqual({ state: 'refused', id })
    await later(31_000, async () => expect((await claim(call)).body.state).toBe('pending'))
  })

  it('is another call with other arguments, tool, connection, session or bundle', async () => {
    const call = claimOf()
    const { id } = (await claim(call)).body
    await approve(id)
    const session = await sessionOf(plane, acme.slug, acme.agent)
    await acme.ask('POST', 'access-groups', { name: 'a newer bundle' })
    const changes = [
      { argsSha256: hashOf('others') },
      { tool: 'refund' },
      { session },
      { bundle: await bundleOf(acme) },
    ]
    for (const change of changes) expect((await claim({ ...call, ...change })).body.state).toBe('pending')
    expect((await claim(call)).body).toEqual({ state: 'approved', id })
  })
})

describe('a claim that waits', () => {
  it('is answered at the moment when a person approves', async () => {
    const call = claimOf()
    const { id } = (await claim(call)).body
    const waiting = claim({ ...call, waitSeconds: 20 })
    await pause(300)
    const startedMs = performance.now()
    await approve(id)
    expect((await waiting).body).toEqual({ state: 'approved', id })
    expect(performance.now() - startedMs).toBeLessThan(900)
  })

  it('is answered that it is pending when nobody comes', async () => {
    const startedMs = performance.now()
    expect((await claim(claimOf({ waitSeconds: 1 }))).body.state).toBe('pending')
    expect(performance.now() - startedMs).toBeGreaterThan(900)
  })

  it('ends at its time where the clock was set back meanwhile', async () => {
    let isOver = false
    const waiting = claim(claimOf({ waitSeconds: 1 })).finally(() => (isOver = true))
    await pause(500)
    await later(-3_600_000, () => pause(3000))
    const wasOver = isOver
    expect([(await waiting).body.state, wasOver]).toEqual(['pending', true])
  })
})

describe('a request', () => {
  it('ends by itself: approved too late it is a conflict, and what was approved is no longer used', async () => {
    const [pending, approved] = [claimOf(), claimOf()]
    const { id } = (await claim(pending)).body
    const { id: used } = (await claim(approved)).body
    await approve(used)
    await later(31_000, async () => {
      expect((await approve(id)).status).toBe(409)
      expect((await acme.ask('GET', `approvals/${used}`)).body.state).toBe('expired')
      const { body } = await acme.ask('GET', 'approvals?state=expired')
      expect(body.items.map((item: { id: string }) => item.id)).toEqual(expect.arrayContaining([id, used]))
      expect((await claim(approved)).body.state).toBe('pending')
    })
  })

  it('is forgotten ninety days after it ended, when another one is made, and not before', async () => {
    const [old, refused, recent] = [await requested(), await requested(), await requested()]
    await refuse(refused)
    await asOwner("update writ.approvals set expires_at = now() - interval '91 days' where id = any($1)", [
      [old, refused],
    ])
    await asOwner("update writ.approvals set expires_at = now() - interval '89 days' where id = $1", [recent])
    expect([await found(old), await found(refused), await found(recent)]).toEqual([200, 200, 200])
    const id = await requested()
    expect([await found(old), await found(refused)]).toEqual([404, 404])
    expect([await found(recent), await found(id)]).toEqual([200, 200])
  })

  it('is answered by the first person only', async () => {
    const { id } = (await claim(claimOf())).body
    const answers = await Promise.all([approve(id), refuse(id), approve(id)])
    expect(answers.map(({ status }) => status).sort((one, other) => one - other)).toEqual([200, 409, 409])
  })

  it('is of its tenant only', async () => {
    const { id } = (await claim(claimOf())).body
    expect((await beta.ask('GET', `approvals/${id}`)).status).toBe(404)
    expect((await beta.ask('POST', `approvals/${id}/approve`)).status).toBe(404)
    expect((await beta.ask('GET', 'approvals')).body.items).toEqual([])
    expect((await acme.ask('GET', `approvals/${id}`)).body.state).toBe('pending')
  })

  it('names nothing that is not the tenant’s, and no session that is over', async () => {
    const session = await sessionOf(plane, acme.slug, acme.agent)
    await acme.ask('DELETE', `sessions/${session}`)
    const changes: [string, object][] = [
      ['session', { session }],
      ['foreign session', { session: beta.session }],
      ['agent', { agent: beta.agent.id }],
      ['human', { human: beta.agent.human }],
      ['connection', { connection: beta.connection }],
      ['policy', { match: { policy: beta.policy, rule: 'ask-first', reason: 'r' } }],
      ['bundle', { bundle: { ...bundle, sha256: hashOf('none') } }],
      ['tenant', { tenant: 'nobody-here' }],
    ]
    const random = await claim(claimOf({ connection: newId('con', Date.now()) }))
    for (const [what, change] of changes) {
      const { status, text } = await claim(claimOf(change))
      expect([what, status, text]).toEqual([what, 404, random.text])
    }
  })

  it('comes at most a hundred times at once from one agent', async () => {
    const answers = []
    for (let count = 0; count < 101; count += 1) answers.push((await claim(claimOf())).status)
    expect(answers.filter((status) => status === 429).length).toBeGreaterThan(0)
    expect(answers[0]).toBe(200)
  })

  it('keeps a hash of the arguments, and the arguments nowhere', async () => {
    await claim(claimOf())
    const { rows } = await asOwner('select a::text as row from writ.approvals a')
    expect(rows.length).toBeGreaterThan(5)
    expect(`${JSON.stringify(rows)}${plane.logged()}`).not.toContain('the-payee-of-the-spec')
  })
})

async function asOwner(sql: string, values: readonly unknown[] = []) {
  const client = new Client({ connectionString: plane.ownerUrl })
  await client.connect()
  try {
    return await client.query(sql, [...values])
  } finally {
    await client.end()
  }
}

async function later(ms: number, work: () => Promise<void>): Promise<void> {
  laterMs = ms
  try {
    await work()
  } finally {
    laterMs = 0
  }
}
