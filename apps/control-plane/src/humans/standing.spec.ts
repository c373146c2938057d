import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { HumanView } from '@writ/contracts'
import { administrationsOf } from '../testing/administrations.ts'
import { enrolledAgent, newHuman } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { openedBundle, sessionOf } from '../testing/worlds.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let node: JoinedNode
let slug: string
let owner: string

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
})
afterAll(() => plane?.close())
beforeEach(async () => {
  const made = await plane.newTenant()
  ;[slug, owner] = [made.tenant.slug, made.ownerKey.key]
})

const ask = (method: string, path: string, body?: unknown, key = owner) =>
  plane.ask(method, `/api/v1/${path}`, { key, ...(body !== undefined && { body }) })
const human = (): Promise<HumanView> => newHuman(plane, owner)
const give = (id: string, ...roles: string[]) => ask('PUT', `humans/${id}/roles`, { roles })
const inBundle = async (id: string) =>
  (await openedBundle(node, slug)).bundle.humans.find((one) => one.id === id)

async function connection(issuer = 'https://idp.example') {
  const form = { name: issuer, issuer, clientId: 'writ', clientSecret: 'secret-of-the-client' }
  return (await ask('POST', 'sso-connections', form)).body.id
}

describe('the roles of a human', () => {
  it('are what an owner says, each once', async () => {
    const { id } = await human()
    expect((await give(id, 'security', 'auditor', 'security')).body.roles).toEqual(['auditor', 'security'])
    expect((await give(id)).body.roles).toEqual([])
    expect((await ask('PUT', `humans/${id}/roles`, { roles: ['god'] })).status).toBe(400)
  })

  it.each(['admin', 'security', 'approver', 'auditor', 'developer'])(
    'are not for the role %s to say',
    async (role) => {
      const { id } = await human()
      const { body } = await ask('POST', 'api-keys', { name: role, role })
      expect((await ask('PUT', `humans/${id}/roles`, { roles: ['owner'] }, body.key)).status).toBe(403)
    },
  )

  it('never leave a tenant without its last owner', async () => {
    const [ada, eve] = [await human(), await human()]
    await give(ada.id, 'owner')
    expect((await give(ada.id, 'admin')).status).toBe(409)
    expect((await ask('POST', `humans/${ada.id}/suspend`)).status).toBe(409)
    await give(eve.id, 'owner')
    expect((await give(ada.id, 'admin')).status).toBe(200)
    expect((await give(eve.id)).status).toBe(409)
  })

  it('leave an owner also when two owners are removed at the same moment', async () => {
    const [ada, eve] = [await human(), await human()]
    await give(ada.id, 'owner')
    await give(eve.id, 'owner')
    const answers = await Promise.all([give(ada.id), give(eve.id)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
  })

  it('are recorded before and after', async () => {
    const { id } = await human()
    await give(id, 'auditor')
    expect((await administrationsOf(plane, slug))[0]).toMatchObject({
      permission: 'roles.write',
      route: 'PUT /api/v1/humans/{id}/roles',
      target: id,
      before: { roles: [] },
      after: { roles: ['auditor'] },
    })
  })
})

/** A tenant whose only lasting way in is Ada, who signs in; the other owner cannot. */
async function onlyAda() {
  const [ada, eve] = [await human(), await human()]
  await give(ada.id, 'owner')
  await give(eve.id, 'owner')
  const identity = { sso: await connection(), subject: 'ada' }
  await ask('POST', `humans/${ada.id}/identities`, identity)
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const { body } = await ask('POST', 'api-keys', { name: 'for an hour', role: 'owner', expiresAt })
  const [lasting] = owner.split('.')
  expect((await ask('DELETE', `api-keys/${lasting}`, undefined, body.key)).status).toBe(204)
  const asOwner = (method: string, path: string, sent?: unknown) => ask(method, path, sent, body.key)
  return { ada, eve, identity, asOwner }
}

describe('the last way in for an owner', () => {
  it.each<[string, string, string, object | undefined]>([
    ['made something else', 'PUT', 'roles', { roles: ['admin'] }],
    ['suspended', 'POST', 'suspend', undefined],
  ])('is not %s', async (_, method, verb, body) => {
    const { ada, asOwner } = await onlyAda()
    expect((await asOwner(method, `humans/${ada.id}/${verb}`, body)).status).toBe(409)
    await asOwner('POST', 'api-keys', { name: 'lasting', role: 'owner' })
    expect((await asOwner(method, `humans/${ada.id}/${verb}`, body)).status).toBe(200)
  })

  it('keeps the identity that it comes in by, while it is the only one', async () => {
    const { ada, identity, asOwner } = await onlyAda()
    const unlink = () => asOwner('POST', `humans/${ada.id}/identities/remove`, identity)
    expect((await unlink()).status).toBe(409)
    await asOwner('POST', `humans/${ada.id}/identities`, { ...identity, subject: 'ada too' })
    expect((await unlink()).status).toBe(200)
  })

  it('is not a key that names a human who is nobody, nor goes with the one whom it names', async () => {
    const { ada, eve, asOwner } = await onlyAda()
    // An owner without a way in, so that nobody is the last one.
    const joe = await asOwner('POST', 'humans', { name: 'Joe', email: 'joe@example.test' })
    await asOwner('PUT', `humans/${joe.body.id}/roles`, { roles: ['owner'] })
    await asOwner('POST', 'api-keys', { name: 'of Eve', role: 'owner', human: eve.id })
    expect((await asOwner('POST', `humans/${ada.id}/suspend`)).status).toBe(200)
    expect((await asOwner('POST', `humans/${eve.id}/suspend`)).status).toBe(409)
    await asOwner('POST', `humans/${ada.id}/restore`)
    expect((await asOwner('POST', `humans/${eve.id}/suspend`)).status).toBe(200)
    expect((await asOwner('POST', `humans/${ada.id}/suspend`)).status).toBe(409)
  })

  it('does not keep an owner who could not come in anyway', async () => {
    const { eve, asOwner } = await onlyAda()
    expect((await asOwner('POST', `humans/${eve.id}/suspend`)).status).toBe(200)
  })

  it('is left when two ways are taken away at once', async () => {
    const { ada, eve, identity, asOwner } = await onlyAda()
    await asOwner('POST', `humans/${eve.id}/identities`, { ...identity, subject: 'eve' })
    const answers = await Promise.all([
      asOwner('POST', `humans/${ada.id}/identities/remove`, identity),
      asOwner('POST', `humans/${eve.id}/identities/remove`, { ...identity, subject: 'eve' }),
    ])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
  })
})

describe('a suspended human', () => {
  it('is nobody, and so is every agent that acts for them', async () => {
    const { id } = await human()
    const agent = await enrolledAgent(plane, slug, owner, id)
    await sessionOf(plane, slug, agent)
    expect((await ask('POST', `humans/${id}/suspend`)).body.status).toBe('suspended')
    expect(await inBundle(id)).toBeUndefined()
    await expect(sessionOf(plane, slug, agent)).rejects.toThrow()
    expect((await openedBundle(node, slug)).bundle.revokedSessions).toEqual([])
  })

  it('is somebody again when restored, with every old token over', async () => {
    const { id } = await human()
    const agent = await enrolledAgent(plane, slug, owner, id)
    const old = await sessionOf(plane, slug, agent)
    await ask('POST', `humans/${id}/suspend`)
    await ask('POST', `humans/${id}/suspend`)
    expect((await ask('POST', `humans/${id}/restore`)).body.status).toBe('active')
    expect((await inBundle(id))?.epoch).toBe(1)
    expect(await sessionOf(plane, slug, agent)).not.toBe(old)
  })

  it('gets in with no key that names them, until restored', async () => {
    const { id } = await human()
    const { body } = await ask('POST', 'api-keys', { name: 'of Ada', role: 'approver', human: id })
    const look = async () => (await ask('GET', 'approvals', undefined, body.key)).status
    expect(await look()).toBe(200)
    await ask('POST', `humans/${id}/suspend`)
    expect(await look()).toBe(401)
    await ask('POST', `humans/${id}/restore`)
    expect(await look()).toBe(200)
  })

  it('who is an owner takes an owner', async () => {
    const [ada, eve] = [await human(), await human()]
    await give(ada.id, 'owner')
    await give(eve.id, 'owner')
    const { body } = await ask('POST', 'api-keys', { name: 'admin', role: 'admin' })
    for (const verb of ['suspend', 'restore'])
      expect((await ask('POST', `humans/${ada.id}/${verb}`, undefined, body.key)).status).toBe(403)
    expect((await ask('POST', `humans/${ada.id}/suspend`)).status).toBe(200)
  })
})

describe('signing a human out everywhere', () => {
  it('ends every token that stands for them, and they may come back', async () => {
    const { id } = await human()
    expect((await ask('POST', `humans/${id}/sign-out`)).body.status).toBe('active')
    expect((await inBundle(id))?.epoch).toBe(1)
  })
})

describe('an identity of a human', () => {
  it('is one human, until it is taken away', async () => {
    const [ada, eve, sso] = [await human(), await human(), await connection()]
    const link = (id: string) => ask('POST', `humans/${id}/identities`, { sso, subject: 'ada' })
    expect((await link(ada.id)).body.identities).toEqual([{ issuer: 'https://idp.example', subject: 'ada' }])
    expect((await link(eve.id)).status).toBe(409)
    await ask('POST', `humans/${eve.id}/identities/remove`, { sso, subject: 'ada' })
    expect((await ask('GET', `humans/${ada.id}`)).body.identities).toHaveLength(1)
    const removed = await ask('POST', `humans/${ada.id}/identities/remove`, { sso, subject: 'ada' })
    expect(removed.body.identities).toEqual([])
    expect((await link(eve.id)).status).toBe(200)
  })

  it('is not for an admin to give: it opens every door of that human', async () => {
    const [ada, sso] = [await human(), await connection()]
    const { body } = await ask('POST', 'api-keys', { name: 'admin', role: 'admin' })
    const answer = await ask('POST', `humans/${ada.id}/identities`, { sso, subject: 'admin' }, body.key)
    expect(answer.status).toBe(403)
  })
})
