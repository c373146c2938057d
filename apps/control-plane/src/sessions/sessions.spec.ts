import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle, sessionOf } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(30_000)

let plane: ControlPlane
let node: JoinedNode
let acme: World
let beta: World

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
  acme = await givenWorld(plane)
  beta = await givenWorld(plane)
})
afterAll(() => plane?.close())

const newSession = () => sessionOf(plane, acme.slug, acme.agent)
const end = (session: string, { tenant = acme.slug, reason = 'policy aborted it' } = {}) =>
  node.ask('POST', `/internal/v1/sessions/${session}/end`, { tenant, reason })
const bundle = async () => (await openedBundle(node, acme.slug)).bundle

describe('a session that a gateway ends', () => {
  it('is in the next bundle, and ending it again makes no other', async () => {
    const [session, other] = [await newSession(), await newSession()]
    const before = await bundle()
    expect((await end(session)).status).toBe(204)
    const after = await bundle()
    expect(after.version).toBe(before.version + 1)
    expect(after.revokedSessions).toContain(session)
    expect(after.revokedSessions).not.toContain(other)
    expect((await end(session)).status).toBe(204)
    expect((await bundle()).version).toBe(after.version)
  })

  it('is of the tenant that is named, and exists', async () => {
    const session = await newSession()
    const unknown = await end(newId('ses', Date.now()))
    for (const answer of [
      await end(session, { tenant: beta.slug }),
      await end(session, { tenant: 'nobody-here' }),
    ])
      expect([answer.status, answer.text]).toEqual([404, unknown.text])
    expect((await bundle()).revokedSessions).not.toContain(session)
  })
})

describe('a session that an admin ends', () => {
  it('is over alike', async () => {
    const session = await newSession()
    expect((await acme.ask('DELETE', `sessions/${session}`)).status).toBe(204)
    expect((await bundle()).revokedSessions).toContain(session)
    expect((await acme.ask('DELETE', `sessions/${session}`)).status).toBe(204)
  })

  it('is none of another tenant', async () => {
    const session = await newSession()
    expect((await beta.ask('DELETE', `sessions/${session}`)).status).toBe(404)
    expect((await bundle()).revokedSessions).not.toContain(session)
  })
})

describe('an agent whose sessions policy ends', () => {
  it('gets no more of them than a bundle can name', async () => {
    const owner = new Client({ connectionString: plane.ownerUrl })
    await owner.connect()
    await owner.query(
      `insert into writ.sessions (tenant_id, id, agent_id, human_id, key_thumbprint, ended_at, ended_by, ended_reason)
       select $1, 'ses_' || n, $2, $3, 'key ' || n, now(), 'node', 'aborted' from generate_series(1, 99) n`,
      [beta.tenant, beta.agent.id, beta.agent.human],
    )
    await owner.end()
    // The first session of the world is the hundredth.
    await expect(sessionOf(plane, beta.slug, beta.agent)).rejects.toThrow()
    expect(await newSession()).toMatch(/^ses_/)
  })
})
