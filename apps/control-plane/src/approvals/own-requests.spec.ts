import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { enrolledAgent, newHuman } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { Browser } from '../testing/browser.ts'
import { givenControlPlane, OPERATOR_KEY, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle, sessionOf } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let node: JoinedNode
let acme: World
/** a human, and an agent of theirs */
let ada: string
let agent: EnrolledAgent

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
  acme = await givenWorld(plane)
  ada = (await newHuman(plane, acme.key)).id
  agent = await enrolledAgent(plane, acme.slug, acme.key, ada)
})
afterAll(() => plane?.close())

/** What that agent asks for. */
async function requested(): Promise<string> {
  const { bundle, sha256 } = await openedBundle(node, acme.slug)
  const { body } = await node.ask('POST', '/internal/v1/approvals', {
    tenant: acme.slug,
    session: await sessionOf(plane, acme.slug, agent),
    agent: agent.id,
    human: ada,
    connection: acme.connection,
    tool: 'pay',
    argsSha256: randomBytes(32).toString('hex'),
    bundle: { version: bundle.version, sha256 },
    match: { policy: acme.policy, rule: 'ask-first', reason: 'r' },
    ttlSeconds: 900,
  })
  return body.id
}

async function keyOf(human: string | null): Promise<string> {
  const { body } = await acme.ask('POST', 'api-keys', { name: 'approver', role: 'approver', human })
  return body.key
}
const answer = (id: string, verb: 'approve' | 'refuse', key: string) =>
  plane.ask('POST', `/api/v1/approvals/${id}/${verb}`, { key })

describe('a request for approval', () => {
  it('is not approved by the human for whom the call would be made, and stays open for others', async () => {
    const [id, own, other] = [await requested(), await keyOf(ada), await keyOf(null)]
    const refused = await answer(id, 'approve', own)
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      'nobody approves what their own agent asked for',
    ])
    expect((await answer(id, 'approve', other)).body.state).toBe('approved')
  })

  it('is not approved by the owner of the agent either, when it acts for somebody else', async () => {
    const eve = (await newHuman(plane, acme.key)).id
    const id = await requested()
    await plane.query('update writ.approvals set human_id = $1 where id = $2', [eve, id])
    for (const human of [eve, ada])
      expect([human, (await answer(id, 'approve', await keyOf(human))).status]).toEqual([human, 403])
    const bob = (await newHuman(plane, acme.key)).id
    expect((await answer(id, 'approve', await keyOf(bob))).status).toBe(200)
  })

  it("is not approved with a key that is nobody's and that whoever asked made, nor with one that such a key made", async () => {
    const hers = (await acme.ask('POST', 'api-keys', { name: 'hers', role: 'owner', human: ada })).body.key
    const made = async (key: string, human: string | null = null) =>
      (await plane.ask('POST', '/api/v1/api-keys', { key, body: { name: 'x', role: 'approver', human } }))
        .body
    const owners = (
      await plane.ask('POST', '/api/v1/api-keys', { key: hers, body: { name: 'y', role: 'owner' } })
    ).body
    const [id, bob] = [await requested(), (await newHuman(plane, acme.key)).id]
    for (const key of [await made(hers), await made(owners.key), await made(hers, bob)]) {
      expect(key.madeBy).toBe(ada)
      expect((await answer(id, 'approve', key.key)).status).toBe(403)
    }
    expect((await answer(id, 'approve', await keyOf(null))).status).toBe(200)
  })

  it('may be refused by whoever asked', async () => {
    expect((await answer(await requested(), 'refuse', await keyOf(ada))).body.state).toBe('refused')
  })

  it('is not approved in a browser by whoever asked, owner or not', async () => {
    const { body: link } = await plane.ask('POST', `/api/v1/tenants/${acme.slug}/owner-links`, {
      key: OPERATOR_KEY,
      body: { human: ada },
    })
    const browser = new Browser((url) => url.replace(ORIGIN, plane.url))
    await browser.submit(await browser.visit(link.url))
    const asAda = (id: string, verb: string) =>
      plane.ask('POST', `/api/v1/approvals/${id}/${verb}`, {
        headers: {
          cookie: `writ=${browser.cookie(ORIGIN, 'writ')}`,
          'x-writ': '1',
          origin: ORIGIN,
          'sec-fetch-site': 'same-origin',
        },
      })
    const id = await requested()
    expect((await asAda(id, 'approve')).status).toBe(403)
    const { body } = await asAda(id, 'refuse')
    expect([body.state, body.decidedBy]).toEqual(['refused', ada])
  })
})
