import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { SignJWT } from 'jose'
import { Client } from 'pg'
import { administrationsOf } from '../testing/administrations.ts'
import { enrolledAgent } from '../testing/agents.ts'
import type { Browser } from '../testing/browser.ts'
import { ORIGIN } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { CLIENT_SECRET, givenSingleSignOn } from '../testing/single-sign-on.ts'
import type { ConnectedTenant, SingleSignOn } from '../testing/single-sign-on.ts'
import { openedBundle, sessionOf } from '../testing/worlds.ts'

jest.setTimeout(60_000)

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }

let world: SingleSignOn
let node: JoinedNode
let tenant: ConnectedTenant
let ada: string
let browser: Browser

beforeAll(async () => {
  world = await givenSingleSignOn()
  node = await joinedNode(world.plane)
})
afterAll(() => world?.close())
beforeEach(async () => {
  tenant = await world.connectedTenant()
  ada = await tenant.linkedHuman('ada')
  browser = world.newBrowser()
  await tenant.signIn(browser, 'ada')
})

const agentOfAda = () => enrolledAgent(world.plane, tenant.slug, tenant.key, ada)

async function asOwner(sql: string, parameters: readonly unknown[]): Promise<unknown[]> {
  const owner = new Client({ connectionString: world.plane.ownerUrl })
  await owner.connect()
  try {
    return (await owner.query(sql, [...parameters])).rows
  } finally {
    await owner.end()
  }
}

/** `undefined` takes a claim away */
type Claims = Readonly<Record<string, unknown>>

const nowSeconds = () => Math.floor(Date.now() / 1000)
const claims = (): Claims => ({
  iss: world.idp.issuer,
  aud: `writ-${tenant.slug}`,
  sub: 'ada',
  iat: nowSeconds(),
  exp: nowSeconds() + 120,
  jti: randomUUID(),
  events: EVENTS,
})
const signed = (changes: Claims = {}, header: Record<string, string> = {}) =>
  world.idp.sign({ ...claims(), ...changes }, { typ: 'logout+jwt', ...header })
const post = (token: string, sso = tenant.sso.id, slug = tenant.slug) =>
  world.plane.ask('POST', `/t/${slug}/sign-in/${sso}/logout`, {
    body: new URLSearchParams({ logout_token: token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
const epochOfAda = async () =>
  (await openedBundle(node, tenant.slug)).bundle.humans.find(({ id }) => id === ada)?.epoch

const expectRefused = async (token: string) => {
  const answer = await post(token)
  expect([answer.status, answer.text]).toEqual([400, '{"error":"invalid_request"}'])
  expect([await tenant.isIn(browser), await epochOfAda()]).toEqual([true, 0])
}

describe('a logout at the identity provider', () => {
  it('ends the browser sessions of the human, and the tokens of their agents', async () => {
    const agent = await enrolledAgent(world.plane, tenant.slug, tenant.key, ada)
    await sessionOf(world.plane, tenant.slug, agent)
    expect([await tenant.isIn(browser), await epochOfAda()]).toEqual([true, 0])
    const answer = await post(await signed())
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect([await tenant.isIn(browser), await epochOfAda()]).toEqual([false, 1])
    expect((await administrationsOf(world.plane, tenant.slug))[0]).toMatchObject({
      route: 'back-channel logout',
      by: { kind: 'platform', id: tenant.sso.id },
      target: ada,
    })
  })

  it('ends the sessions of agents that rest on a sign-in, and those only', async () => {
    const [signedIn, alone] = [await agentOfAda(), await agentOfAda()]
    const sessions = [
      await sessionOf(world.plane, tenant.slug, signedIn),
      await sessionOf(world.plane, tenant.slug, alone),
    ]
    await asOwner('update writ.sessions set auth_time = now() where id = $1', [sessions[0]])
    expect((await post(await signed())).status).toBe(200)
    const ended = await asOwner('select id from writ.sessions where id = any($1) and ended_at is not null', [
      sessions,
    ])
    expect(ended).toEqual([{ id: sessions[0] }])
  })

  it('comes from a real provider when somebody logs out there', async () => {
    const shown = await browser.visit(`${world.idp.issuer}/session/end`)
    await browser.submit(shown, { logout: 'yes' })
    await expect(tenant.isIn(browser)).resolves.toBe(false)
    expect(await epochOfAda()).toBe(1)
  })

  it('of one session of the provider leaves others alone', async () => {
    await tenant.linkedHuman('eve')
    const other = world.newBrowser()
    await tenant.signIn(other, 'eve')
    expect((await post(await signed({ sub: 'ada', sid: 'unknown-session' }))).status).toBe(200)
    expect((await post(await signed({ sub: 'nobody' }))).status).toBe(200)
    expect([await tenant.isIn(browser), await tenant.isIn(other), await epochOfAda()]).toEqual([
      true,
      true,
      0,
    ])
    expect((await post(await signed({ sub: 'eve' }))).status).toBe(200)
    expect([await tenant.isIn(browser), await tenant.isIn(other)]).toEqual([true, false])
  })
})

describe('a logout token', () => {
  it.each<[string, Claims]>([
    ['of another issuer', { iss: 'https://other.example' }],
    ['for another client', { aud: 'somebody-else' }],
    ['without an audience', { aud: undefined }],
    ['with a nonce, as ID tokens have', { nonce: 'n' }],
    ['with an empty nonce', { nonce: '' }],
    ['without events', { events: undefined }],
    ['with another event', { events: { 'https://schemas.example/event': {} } }],
    [
      'with an event that is no object',
      { events: { 'http://schemas.openid.net/event/backchannel-logout': true } },
    ],
    ['with events that are a list', { events: Object.keys(EVENTS) }],
    ['that says nobody', { sub: undefined }],
    ['without jti', { jti: undefined }],
    ['without iat', { iat: undefined }],
    ['without exp', { exp: undefined }],
    ['that is over', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['that is old', { iat: Math.floor(Date.now() / 1000) - 3600 }],
    ['of the future', { iat: Math.floor(Date.now() / 1000) + 600 }],
  ])('%s is refused', async (_, changes) => {
    await expectRefused(await signed(changes))
  })

  it.each<[string, Record<string, string>]>([
    ['an ID token', { typ: 'JWT' }],
    ['an access token', { typ: 'at+jwt' }],
    ['signed with another key of that name', { kid: 'nobody' }],
  ])('is not %s', async (_, header) => {
    await expectRefused(await signed({}, header))
  })

  it('is not one that is signed with our client secret, or not at all', async () => {
    const secret = new TextEncoder().encode(CLIENT_SECRET)
    await expectRefused(
      await new SignJWT({ ...claims() }).setProtectedHeader({ alg: 'HS256', typ: 'logout+jwt' }).sign(secret),
    )
    const [, payload = ''] = (await signed()).split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url')
    await expectRefused(`${none}.${payload}.`)
    for (const token of ['', 'a.b.c', 'nonsense']) await expectRefused(token)
  })

  it('counts once', async () => {
    const token = await signed({ sub: 'nobody' })
    expect([(await post(token)).status, (await post(token)).status]).toEqual([200, 400])
  })

  it('counts once also when it comes twice at the same moment', async () => {
    const token = await signed({ sub: 'nobody' })
    const answers = await Promise.all([1, 2, 3, 4].map(() => post(token)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400])
  })

  it('is good for its own connection and tenant only', async () => {
    const other = await world.connectedTenant()
    const token = await signed()
    expect((await post(token, other.sso.id, other.slug)).status).toBe(400)
    expect((await post(token, tenant.sso.id, other.slug)).status).toBe(400)
    expect((await post(token, tenant.sso.id, 'nobody-at-all')).text).toBe('{"error":"invalid_request"}')
    expect(await tenant.isIn(browser)).toBe(true)
  })

  it('is a form with one token in it', async () => {
    const path = `/t/${tenant.slug}/sign-in/${tenant.sso.id}/logout`
    const token = await signed()
    expect((await world.plane.ask('POST', path, { body: { logout_token: token } })).status).toBe(400)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const twice = `logout_token=${token}&logout_token=${token}`
    expect((await world.plane.ask('POST', path, { body: twice, headers })).status).toBe(400)
    expect(browser.cookie(ORIGIN, 'writ')).toBeDefined()
    expect(await tenant.isIn(browser)).toBe(true)
  })
})
