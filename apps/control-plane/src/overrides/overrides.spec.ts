import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { newId } from '../ids-and-secrets.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(30_000)

const DAY_MS = 86_400_000

let laterMs = 0
let plane: ControlPlane
let node: JoinedNode
let acme: World
let beta: World

beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => Date.now() + laterMs } })
  node = await joinedNode(plane)
  acme = await givenWorld(plane)
  beta = await givenWorld(plane)
})
afterAll(() => plane?.close())

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
const newOverride = (changes: object = {}) => ({
  policy: acme.policy,
  rule: 'ask-first',
  principal: acme.agent.id,
  resource: 'crm/*',
  until: inMs(DAY_MS),
  reason: 'the quarter ends',
  ...changes,
})
const make = (changes: object = {}) => acme.ask('POST', 'overrides', newOverride(changes))
const bundled = async () => (await openedBundle(node, acme.slug)).bundle.overrides

describe('an override', () => {
  it('keeps who made it and why, and stands in the bundle until it is removed', async () => {
    const { status, body } = await make()
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({
        rule: 'ask-first',
        reason: 'the quarter ends',
        createdBy: acme.key.split('.')[0],
      }),
    ])
    const { id, policy, rule, principal, resource, until } = body
    expect(await bundled()).toContainEqual({ id, policy, rule, principal, resource, until })
    expect((await acme.ask('DELETE', `overrides/${id}`)).status).toBe(204)
    expect(await bundled()).not.toContainEqual(expect.objectContaining({ id }))
    expect((await acme.ask('DELETE', `overrides/${id}`)).status).toBe(404)
  })

  it('is for an agent, a human or an access group', async () => {
    for (const principal of [acme.agent.id, acme.agent.human, acme.defaultGroup])
      expect((await make({ principal })).status).toBe(201)
    const { body } = await acme.ask('GET', 'overrides')
    expect(body.items.length).toBeGreaterThanOrEqual(3)
  })

  it('lasts at most 30 days, and begins before it ends', async () => {
    for (const until of [inMs(30 * DAY_MS + 60_000), inMs(-1000), inMs(0)])
      expect((await make({ until })).status).toBe(400)
    expect((await make({ until: inMs(30 * DAY_MS - 60_000) })).status).toBe(201)
  })

  it('is of a rule and a principal that there are', async () => {
    const unknown: [object, string][] = [
      [{ policy: newId('pol', Date.now()) }, 'policy'],
      [{ policy: beta.policy }, 'policy'],
      [{ rule: 'no-such-rule' }, 'rule'],
      [{ principal: newId('agt', Date.now()) }, 'principal'],
      [{ principal: beta.agent.id }, 'principal'],
      [{ principal: beta.defaultGroup }, 'principal'],
    ]
    for (const [changes, path] of unknown) {
      const { status, body } = await make(changes)
      expect([changes, status, body.errors[0].path]).toEqual([changes, 404, path])
    }
  })

  it('is in no bundle that is made after it ended', async () => {
    const { id } = (await make({ until: inMs(3_600_000) })).body
    laterMs = 3_700_000
    await acme.ask('POST', 'access-groups', { name: 'made later' })
    laterMs = 0
    expect(await bundled()).not.toContainEqual(expect.objectContaining({ id }))
  })

  it('is shown and removed by its tenant only', async () => {
    const { id } = (await make()).body
    expect((await beta.ask('DELETE', `overrides/${id}`)).status).toBe(404)
    expect((await beta.ask('GET', 'overrides')).body.items).toEqual([])
    expect(await bundled()).toContainEqual(expect.objectContaining({ id }))
  })
})
