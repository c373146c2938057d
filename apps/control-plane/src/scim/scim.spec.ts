import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { sessionOf as agentSession } from '../testing/worlds.ts'
import { enrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { openedBundle } from '../testing/worlds.ts'
import { administrationsOf } from '../testing/administrations.ts'
import { entra, okta } from './bodies.fixture.ts'

jest.setTimeout(60_000)

type Directory = { slug: string; owner: string; token: string; id: string }

let plane: ControlPlane
let node: JoinedNode
let here: Directory

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
})
afterAll(() => plane?.close())
beforeEach(async () => {
  here = await givenDirectory()
})

async function givenDirectory(body: Record<string, unknown> = {}): Promise<Directory> {
  const { tenant, ownerKey } = await plane.newTenant()
  const answer = await plane.ask('POST', '/api/v1/directories', {
    key: ownerKey.key,
    body: { name: 'corp', ...body },
  })
  expect(answer.status).toBe(201)
  return { slug: tenant.slug, owner: ownerKey.key, token: answer.body.token, id: answer.body.id }
}

const api = (method: string, path: string, body?: unknown, key = here.owner) =>
  plane.ask(method, `/api/v1/${path}`, { key, ...(body !== undefined && { body }) })
const scim = (method: string, path: string, body?: unknown, { slug, token } = here): Promise<Answer> =>
  plane.ask(method, `/t/${slug}/scim/v2/${path}`, {
    key: token,
    ...(body !== undefined && { body, headers: { 'content-type': 'application/scim+json' } }),
  })

async function made(kind: 'Users' | 'Groups', body: object): Promise<string> {
  const answer = await scim('POST', kind, body)
  expect([answer.status, answer.body.detail]).toEqual([201, undefined])
  return answer.body.id
}
const patchUser = async (id: string, body: object) => {
  const answer = await scim('PATCH', `Users/${id}`, body)
  expect([answer.status, answer.body.detail]).toEqual([200, undefined])
  return answer.body
}
const members = async (id: string): Promise<string[]> =>
  (await scim('GET', `Groups/${id}`)).body.members.map(({ value }: { value: string }) => value)

const find = async (filter: string) => {
  const { body } = await scim('GET', `Users?filter=${encodeURIComponent(filter)}`)
  return body.Resources.map((user: { id: string }) => user.id)
}

const page = async (query: string) => (await scim('GET', `Users?${query}`)).body

describe('a user', () => {
  it.each([
    ['Okta', okta.user('ada'), 'ada@okta.example', 'Test User'],
    ['Entra', entra.user('ada'), 'Test_User_ada@entra.example', 'givenName familyName'],
  ])('of %s becomes a human', async (_, body, email, name) => {
    const answer = await scim('POST', 'Users', body)
    expect(answer.status).toBe(201)
    expect(answer.headers.get('content-type')).toMatch(/^application\/scim\+json/)
    expect(answer.headers.get('location')).toBe(answer.body.meta.location)
    expect(answer.body).toMatchObject({ userName: body.userName, externalId: body.externalId, active: true })
    const human = await api('GET', `humans/${answer.body.id}`)
    expect(human.body).toMatchObject({ email, name, status: 'active', roles: [], identities: [] })
    const { bundle } = await openedBundle(node, here.slug)
    expect(bundle.humans.map(({ id }) => id)).toContain(answer.body.id)
  })

  it('whom an admin suspended stays so, whatever the directory writes of them, until an admin restores them', async () => {
    const id = await made('Users', okta.user('ada'))
    const standing = async () => (await api('GET', `humans/${id}`)).body.status
    await api('POST', `humans/${id}/suspend`)
    const rename = { schemas: [], Operations: [{ op: 'replace', path: 'displayName', value: 'Ada' }] }
    expect((await patchUser(id, rename)).active).toBe(false)
    expect((await scim('PUT', `Users/${id}`, okta.user('ada'))).body.active).toBe(false)
    expect((await patchUser(id, okta.activate)).active).toBe(false)
    expect(await standing()).toBe('suspended')
    await api('POST', `humans/${id}/restore`)
    expect((await patchUser(id, okta.deactivate)).active).toBe(false)
    expect((await scim('PUT', `Users/${id}`, okta.user('ada'))).body.active).toBe(true)
    expect(await standing()).toBe('active')
  })

  it('is never kept with the password that Okta sends along', async () => {
    const id = await made('Users', okta.user('ada'))
    const shown = await scim('GET', `Users/${id}`)
    for (const text of [shown.text, plane.logged()]) expect(text).not.toContain('1mz050nq')
    expect((await scim('PATCH', `Users/${id}`, okta.activate)).text).not.toContain('1mz050nq')
  })

  it('is found by userName in any case, by externalId, and by nothing that is not there', async () => {
    const id = await made('Users', okta.user('ada'))
    await made('Users', okta.user('eve'))
    expect(await find('userName eq "ADA@okta.example"')).toEqual([id])
    expect(await find('externalId eq "00uada"')).toEqual([id])
    expect(await find('username Eq "ada@okta.example" and externalId eq "00uada"')).toEqual([id])
    expect(await find('userName eq "nobody@okta.example"')).toEqual([])
    expect(await find(`userName eq "' or '1'='1"`)).toEqual([])
  })

  it.each([
    'userName sw "a"',
    'userName eq',
    'nickName eq "a"',
    'userName eq "a" or userName eq "b"',
    '(',
    'active eq true',
  ])('is not looked for by the filter %s', async (filter) => {
    const answer = await scim('GET', `Users?filter=${encodeURIComponent(filter)}`)
    expect([answer.status, answer.body.scimType]).toEqual([400, 'invalidFilter'])
  })

  it.each(['Users/%00', 'Groups/%00'])('has no id that no column can hold: %s', async (path) => {
    expect((await scim('GET', path)).status).toBe(404)
    expect((await scim('GET', 'Users?filter=externalId%20eq%20%22%00%22')).status).toBe(400)
  })

  it('is found by a part of its address, as the filters say that it may be', async () => {
    const id = await made('Users', okta.user('ada'))
    expect(await find('emails.value eq "ada@okta.example"')).toEqual([id])
  })

  it('is listed by pages', async () => {
    for (const name of ['a', 'b', 'c']) await made('Users', okta.user(name))
    expect(await page('startIndex=3&count=2')).toMatchObject({
      totalResults: 3,
      startIndex: 3,
      itemsPerPage: 1,
    })
    expect(await page('count=0')).toMatchObject({ totalResults: 3, itemsPerPage: 0, Resources: [] })
    expect(await page('startIndex=-1&count=-5')).toMatchObject({ startIndex: 1, itemsPerPage: 0 })
    const [first, second] = [await page('startIndex=1&count=2'), await page('startIndex=3&count=2')]
    expect(new Set([...first.Resources, ...second.Resources].map(({ id }) => id)).size).toBe(3)
  })

  it('is there once', async () => {
    await made('Users', okta.user('ada'))
    const again = await scim('POST', 'Users', okta.user('ada'))
    expect([again.status, again.body.scimType, again.body.status]).toEqual([409, 'uniqueness', '409'])
  })

  it('is not somebody whom the directory did not make, whatever address it has', async () => {
    const { body } = await api('POST', 'humans', { name: 'Root', email: 'root@okta.example' })
    const taken = await scim('POST', 'Users', okta.user('root'))
    expect([taken.status, taken.body.scimType]).toEqual([409, 'uniqueness'])
    for (const [method, sent] of [
      ['GET'],
      ['DELETE'],
      ['PATCH', okta.deactivate],
      ['PUT', okta.user('root')],
    ] as const)
      expect((await scim(method, `Users/${body.id}`, sent)).status).toBe(404)
    expect((await api('GET', `humans/${body.id}`)).body.status).toBe('active')
    const ada = await made('Users', okta.user('ada'))
    const moved = { ...okta.user('ada'), emails: [{ primary: true, value: 'root@okta.example' }] }
    expect((await scim('PUT', `Users/${ada}`, moved)).status).toBe(409)
  })

  it('changes as Entra changes it', async () => {
    const id = await made('Users', entra.user('ada'))
    const user = await patchUser(id, entra.change)
    expect(user).toMatchObject({
      emails: [{ value: 'updated@entra.example', type: 'work', primary: true }],
      name: { familyName: 'updatedFamilyName', givenName: 'givenName' },
      phoneNumbers: [{ type: 'mobile', value: '+1 555 0100' }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
        department: 'Finance',
        manager: { value: '26118915' },
      },
    })
    expect((await api('GET', `humans/${id}`)).body.email).toBe('updated@entra.example')
    const again = await patchUser(id, entra.changeWithoutPath)
    expect(again).toMatchObject({
      displayName: 'Updated Name',
      name: { givenName: 'Updated' },
      emails: [{ value: 'again@entra.example' }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Legal' },
    })
    expect((await api('GET', `humans/${id}`)).body.name).toBe('Updated Name')
  })

  it.each([
    ['no address', { ...okta.user('x'), userName: 'x', emails: [] }],
    ['no userName', { ...okta.user('x'), userName: undefined }],
    ['a userName that is a number', { ...okta.user('x'), userName: 7 }],
    ['an active that is neither', { ...okta.user('x'), active: 'perhaps' }],
    ['emails that are no list', { ...okta.user('x'), emails: 'x@okta.example' }],
  ])('with %s is refused', async (_, body) => {
    const answer = await scim('POST', 'Users', body)
    expect([answer.status, answer.body.scimType, answer.body.schemas]).toEqual([
      400,
      'invalidValue',
      ['urn:ietf:params:scim:api:messages:2.0:Error'],
    ])
  })

  it.each([
    ['no operations', { schemas: [], Operations: [] }],
    ['an unknown op', { Operations: [{ op: 'move', path: 'active', value: true }] }],
    ['an operation that is no object', { Operations: ['replace'] }],
    ['an unknown path', { Operations: [{ op: 'replace', path: 'favouriteColour', value: 'red' }] }],
    ['an active that is neither', { Operations: [{ op: 'replace', path: 'active', value: 'perhaps' }] }],
  ])('is not patched with %s', async (_, body) => {
    const id = await made('Users', okta.user('ada'))
    expect((await scim('PATCH', `Users/${id}`, body)).status).toBe(400)
    expect((await scim('GET', `Users/${id}`)).body.active).toBe(true)
  })
})

describe('deactivation', () => {
  it.each([
    ['Okta', okta.deactivate],
    ['Entra', entra.disable],
    ['Entra by the book', entra.disableByTheBook],
  ])('by %s ends all of it at once: the human, their agents, their tokens', async (_, body) => {
    const id = await made('Users', okta.user('ada'))
    const agent = await enrolledAgent(plane, here.slug, here.owner, id)
    const session = await agentSession(plane, here.slug, agent)
    const before = (await openedBundle(node, here.slug)).bundle
    expect((await patchUser(id, body)).active).toBe(false)
    const after = (await openedBundle(node, here.slug)).bundle
    expect([before, after].map(({ humans }) => humans.some((human) => human.id === id))).toEqual([
      true,
      false,
    ])
    expect(after.version).toBe(before.version + 1)
    await expect(agentSession(plane, here.slug, agent)).rejects.toThrow()
    expect(after.revokedSessions).not.toContain(session)
    expect((await api('GET', `humans/${id}`)).body.status).toBe('suspended')
  })

  it('is undone by activation, and old tokens stay over', async () => {
    const id = await made('Users', entra.user('ada'))
    const epoch = async () =>
      (await openedBundle(node, here.slug)).bundle.humans.find((human) => human.id === id)?.epoch ?? null
    const before = await epoch()
    await patchUser(id, entra.disable)
    expect(await epoch()).toBeNull()
    expect((await patchUser(id, entra.enable)).active).toBe(true)
    expect([before, await epoch()]).toEqual([0, 1])
  })

  it('is what deleting does too, and the same human comes back', async () => {
    const id = await made('Users', okta.user('ada'))
    expect((await scim('DELETE', `Users/${id}`)).status).toBe(204)
    expect((await scim('GET', `Users/${id}`)).status).toBe(404)
    expect((await scim('DELETE', `Users/${id}`)).status).toBe(404)
    expect((await api('GET', `humans/${id}`)).body.status).toBe('suspended')
    expect(await made('Users', okta.user('ada'))).toBe(id)
    expect((await api('GET', `humans/${id}`)).body.status).toBe('active')
  })

  it('holds for a user who is made inactive', async () => {
    const id = await made('Users', { ...okta.user('ada'), active: false })
    expect((await api('GET', `humans/${id}`)).body.status).toBe('suspended')
  })
})

describe('an owner who has left', () => {
  it('is nobody when the directory says so, also where it was the last one', async () => {
    const id = await made('Users', okta.user('ada'))
    await api('PUT', `humans/${id}/roles`, { roles: ['owner'] })
    expect((await api('POST', `humans/${id}/suspend`)).status).toBe(409)
    expect((await patchUser(id, okta.deactivate)).active).toBe(false)
    expect((await api('GET', `humans/${id}`)).body.status).toBe('suspended')
  })
})

describe('the directory of a tenant that is suspended', () => {
  it('is heard, so that whoever left is nobody when the tenant resumes', async () => {
    const [ada, eve] = [await made('Users', okta.user('ada')), await made('Users', okta.user('eve'))]
    await api('POST', 'tenant/suspend')
    expect((await patchUser(ada, okta.deactivate)).active).toBe(false)
    expect((await scim('DELETE', `Users/${eve}`)).status).toBe(204)
    expect((await scim('GET', 'Users')).body.totalResults).toBe(1)
    await api('POST', 'tenant/resume')
    const { bundle } = await openedBundle(node, here.slug)
    expect(bundle.humans.filter(({ id }) => id === ada || id === eve)).toEqual([])
  })

  it('gets nobody in by it', async () => {
    await api('POST', 'tenant/suspend')
    await made('Users', okta.user('ada'))
    expect((await openedBundle(node, here.slug)).bundle.tenant.suspended).toBe(true)
  })
})

describe('a group', () => {
  it('becomes an access group with the members that the directory names', async () => {
    const [ada, eve] = [await made('Users', okta.user('ada')), await made('Users', okta.user('eve'))]
    const group = await made('Groups', okta.group('Engineers'))
    const patch = (body: object) => scim('PATCH', `Groups/${group}`, body)
    expect((await patch(okta.addMember(ada))).status).toBe(200)
    await patch(entra.addMember(eve))
    expect(await members(group)).toEqual([ada, eve].sort())
    expect((await api('GET', `access-groups/${group}`)).body).toMatchObject({
      name: 'Engineers',
      humans: [ada, eve].sort(),
    })
    await patch(okta.removeMember(ada))
    expect(await members(group)).toEqual([eve])
    await patch(entra.removeMember(eve))
    expect(await members(group)).toEqual([])
    await patch(okta.replaceMembers(ada, eve))
    await patch(okta.replaceMembers(ada))
    expect(await members(group)).toEqual([ada])
    const { bundle } = await openedBundle(node, here.slug)
    expect(bundle.humans.find(({ id }) => id === ada)?.groups).toEqual([group])
  })

  it('is renamed in either way, found by name, and shown without members to who asks so', async () => {
    const ada = await made('Users', okta.user('ada'))
    const group = await made('Groups', { ...entra.group('Sales'), members: [{ value: ada }] })
    await scim('PATCH', `Groups/${group}`, okta.rename(group, 'Selling'))
    await scim('PATCH', `Groups/${group}`, entra.rename('Trade'))
    const findGroup = async (filter: string) =>
      (await scim('GET', `Groups?excludedAttributes=members&filter=${encodeURIComponent(filter)}`)).body
    expect(await findGroup('displayName eq "trade"')).toMatchObject({
      totalResults: 1,
      Resources: [{ id: group }],
    })
    expect((await findGroup('displayName eq "trade"')).Resources[0].members).toBeUndefined()
    expect((await findGroup(`id eq "${group}" and members eq "${ada}"`)).totalResults).toBe(1)
    expect((await findGroup(`id eq "${group}" and members eq "${group}"`)).totalResults).toBe(0)
    expect((await scim('GET', `Groups/${group}?excludedAttributes=members`)).body.members).toBeUndefined()
  })

  it('takes no member whom the directory did not make, and leaves those whom an admin put in', async () => {
    const { body: human } = await api('POST', 'humans', { name: 'Root', email: 'root@corp.example' })
    const group = await made('Groups', okta.group('Engineers'))
    await api('PUT', `humans/${human.id}/groups`, { groups: [group] })
    expect((await scim('PATCH', `Groups/${group}`, okta.addMember(human.id))).status).toBe(400)
    await scim('PATCH', `Groups/${group}`, okta.replaceMembers())
    expect((await api('GET', `access-groups/${group}`)).body.humans).toEqual([human.id])
    expect(await members(group)).toEqual([])
  })

  it('is not one that the directory did not make', async () => {
    const { body: own } = await api('POST', 'access-groups', { name: 'Own' })
    expect((await scim('GET', `Groups/${own.id}`)).status).toBe(404)
    expect((await scim('DELETE', `Groups/${own.id}`)).status).toBe(404)
    expect((await scim('POST', 'Groups', okta.group('Own'))).status).toBe(409)
    const group = await made('Groups', okta.group('Engineers'))
    expect((await scim('DELETE', `Groups/${group}`)).status).toBe(204)
    expect((await api('GET', `access-groups/${group}`)).status).toBe(404)
  })
})

describe('a directory', () => {
  it('reaches only what is its own: no other directory of the tenant, and no other tenant', async () => {
    const id = await made('Users', okta.user('ada'))
    const group = await made('Groups', okta.group('Engineers'))
    const second = await api('POST', 'directories', { name: 'second' })
    const sibling = { ...here, token: second.body.token }
    const stranger = await givenDirectory()
    for (const other of [
      sibling,
      stranger,
      { ...stranger, slug: here.slug },
      { ...here, slug: stranger.slug },
    ])
      for (const path of [`Users/${id}`, `Groups/${group}`])
        for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', okta.deactivate]] as const)
          expect([path, method, (await scim(method, path, body, other)).status]).toEqual([path, method, 404])
    expect((await scim('GET', 'Users', undefined, sibling)).body.totalResults).toBe(0)
    expect((await scim('GET', 'Users', undefined, { ...here, slug: stranger.slug })).status).toBe(404)
    expect((await scim('GET', `Users/${id}`)).body.active).toBe(true)
  })

  it('is let in by its token alone, and into nothing else', async () => {
    const [tenant, id, secret] = here.token.split('.')
    const other = await givenDirectory()
    const wrong = [
      '',
      'nonsense',
      here.owner,
      `${tenant}.${id}`,
      `${tenant}.${id}.${'A'.repeat(43)}`,
      `${tenant}.${other.id}.${secret}`,
      `${other.token.split('.')[0]}.${id}.${secret}`,
      `${here.token}.x`,
    ]
    for (const token of wrong)
      expect((await scim('GET', 'Users', undefined, { ...here, token })).status).toBe(401)
    expect((await scim('GET', 'Users')).status).toBe(200)
    for (const path of ['humans', 'tenant', 'directories'])
      expect((await plane.ask('GET', `/api/v1/${path}`, { key: here.token })).status).toBe(401)
  })

  it('loses its way in when its token is renewed, and when it is revoked', async () => {
    const renewed = await api('POST', `directories/${here.id}/token`)
    expect((await scim('GET', 'Users')).status).toBe(401)
    const again = { ...here, token: renewed.body.token }
    expect((await scim('GET', 'Users', undefined, again)).status).toBe(200)
    expect((await api('GET', `directories/${here.id}`)).body.lastUsedAt).not.toBeNull()
    await api('DELETE', `directories/${here.id}`)
    expect((await scim('GET', 'Users', undefined, again)).status).toBe(401)
    expect((await api('POST', `directories/${here.id}/token`)).status).toBe(404)
  })

  it('shows its token once, and never in a log or a record', async () => {
    const secret = here.token.split('.')[2] ?? ''
    await api('POST', `directories/${here.id}/token`)
    const records = await administrationsOf(plane, here.slug)
    expect(records.map(({ route }) => route)).toContain('POST /api/v1/directories')
    for (const text of [(await api('GET', 'directories')).text, plane.logged(), JSON.stringify(records)])
      expect(text).not.toContain(secret)
  })

  it('that speaks for a connection says who its users are there', async () => {
    const sso = await api('POST', 'sso-connections', {
      name: 'idp',
      issuer: 'https://idp.example',
      clientId: 'writ',
      clientSecret: 'secret-of-the-client',
    })
    const made2 = await api('POST', 'directories', { name: 'speaking', subjectsOf: sso.body.id })
    here = { ...here, token: made2.body.token }
    const id = await made('Users', okta.user('ada', '00u-1'))
    const identities = async () => (await api('GET', `humans/${id}`)).body.identities
    expect(await identities()).toEqual([{ issuer: 'https://idp.example', subject: '00u-1' }])
    await scim('PUT', `Users/${id}`, okta.user('ada', '00u-2'))
    expect(await identities()).toEqual([{ issuer: 'https://idp.example', subject: '00u-2' }])
    const taken = await scim('POST', 'Users', okta.user('eve', '00u-2'))
    expect([taken.status, taken.body.scimType]).toEqual([409, 'uniqueness'])
  })

  it('is told what there is', async () => {
    const config = await scim('GET', 'ServiceProviderConfig')
    expect(config.body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      etag: { supported: false },
    })
    expect((await scim('GET', 'ResourceTypes')).body.Resources.map(({ id }: { id: string }) => id)).toEqual([
      'User',
      'Group',
    ])
    const schemas = (await scim('GET', 'Schemas')).body.Resources.map(({ id }: { id: string }) => id)
    expect(schemas).toEqual([
      'urn:ietf:params:scim:schemas:core:2.0:User',
      'urn:ietf:params:scim:schemas:core:2.0:Group',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
    ])
  })

  it('leaves a record of what it did', async () => {
    const id = await made('Users', okta.user('ada'))
    await patchUser(id, okta.deactivate)
    const [record] = await administrationsOf(plane, here.slug)
    expect(record).toMatchObject({
      permission: 'directory',
      route: 'PATCH /t/{slug}/scim/v2/Users/{id}',
      by: { kind: 'directory', id: here.id, name: 'corp' },
      before: { status: 'active' },
      after: { active: false },
    })
    expect(JSON.stringify(record)).not.toContain('1mz050nq')
  })
})
