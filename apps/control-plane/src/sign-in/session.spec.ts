import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { Browser } from '../testing/browser.ts'
import { ORIGIN } from '../testing/given.ts'
import { givenSingleSignOn } from '../testing/single-sign-on.ts'
import type { ConnectedTenant, SingleSignOn } from '../testing/single-sign-on.ts'

jest.setTimeout(60_000)

const HOUR_MS = 3_600_000

let world: SingleSignOn
let nowMs = Date.now()
let tenant: ConnectedTenant

beforeAll(async () => {
  world = await givenSingleSignOn({ clock: { nowMs: () => nowMs } })
})
afterAll(() => world?.close())
beforeEach(async () => {
  nowMs = Date.now()
  tenant = await world.connectedTenant()
})

async function signedIn(roles: string[] = [], subject = 'ada'): Promise<Browser> {
  await tenant.linkedHuman(subject, roles)
  const browser = world.newBrowser()
  await tenant.signIn(browser, subject)
  return browser
}
const isIn = (browser: Browser) => tenant.isIn(browser)
const sessionOf = (browser: Browser) => browser.cookie(ORIGIN, 'writ')
const asHuman = (browser: Browser, method: string, path: string, headers: Record<string, string> = {}) =>
  world.plane.ask(method, `/api/v1/${path}`, {
    headers: {
      cookie: `writ=${sessionOf(browser)}`,
      ...(method !== 'GET' && { 'x-writ': '1', 'sec-fetch-site': 'same-origin', origin: ORIGIN }),
      ...headers,
    },
    ...(method !== 'GET' && { body: {} }),
  })

describe('a session', () => {
  it('may do in the API what the roles say', async () => {
    const browser = await signedIn(['auditor'])
    expect((await asHuman(browser, 'GET', 'agents')).status).toBe(200)
    expect((await asHuman(browser, 'POST', 'agents')).status).toBe(403)
    expect((await asHuman(await signedIn([], 'eve'), 'GET', 'agents')).status).toBe(403)
  })

  it.each<[string, Record<string, string>]>([
    ['without our header', { 'x-writ': '' }],
    ['from another site', { 'sec-fetch-site': 'cross-site' }],
    ['from another host of the site', { 'sec-fetch-site': 'same-site' }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['with an opaque origin', { origin: 'null' }],
  ])('changes nothing %s', async (_, headers) => {
    const browser = await signedIn(['owner'])
    expect((await asHuman(browser, 'POST', 'humans', headers)).status).toBe(401)
    expect((await asHuman(browser, 'POST', 'humans')).status).toBe(400)
  })

  it('reads nothing for another site', async () => {
    const browser = await signedIn(['owner'])
    expect((await asHuman(browser, 'GET', 'agents', { 'sec-fetch-site': 'cross-site' })).status).toBe(401)
    expect((await asHuman(browser, 'GET', 'agents', { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })

  it('counts for nothing beside a key, beside a second cookie, or with another tenant in front', async () => {
    const browser = await signedIn(['owner'])
    const cookie = sessionOf(browser) ?? ''
    const other = await world.plane.newTenant()
    const headers = [
      { authorization: 'Bearer nonsense' },
      { cookie: `writ=${cookie}; writ=${cookie}` },
      { cookie: `writ=${other.tenant.id}.${cookie.split('.')[1]}` },
      { cookie: `writ=${cookie}x` },
      { cookie: 'writ=' },
    ]
    for (const header of headers) expect((await asHuman(browser, 'GET', 'agents', header)).status).toBe(401)
  })

  it('is nobody on the pages of another tenant', async () => {
    const browser = await signedIn(['owner'])
    const other = await world.connectedTenant()
    expect([await tenant.isIn(browser), await other.isIn(browser)]).toEqual([true, false])
  })

  it('rests for 12 hours, that of an owner for one', async () => {
    const [owner, other] = [await signedIn(['owner']), await signedIn([], 'eve')]
    nowMs += HOUR_MS + 1
    expect([await isIn(owner), await isIn(other)]).toEqual([false, true])
    nowMs += 12 * HOUR_MS - 1
    expect(await isIn(other)).toBe(true)
    nowMs += 12 * HOUR_MS + 1
    expect(await isIn(other)).toBe(false)
  })

  it('rests while nothing but a stream goes on and begins anew: that takes no human', async () => {
    const browser = await signedIn(['auditor'])
    for (let hours = 0; hours < 12; hours += 4) {
      const stream = await asHuman(browser, 'GET', 'records/live?seconds=0')
      expect([stream.status, stream.text]).toEqual([200, expect.not.stringContaining('event: end')])
      nowMs += 4 * HOUR_MS
    }
    nowMs += 1
    expect(await isIn(browser)).toBe(false)
  })

  it('lasts for 7 days, that of an admin for 8 hours, however busy it is', async () => {
    const [admin, other] = [await signedIn(['admin']), await signedIn([], 'eve')]
    for (let hour = 0; hour < 16; hour += 1) {
      nowMs += HOUR_MS / 2
      expect([await isIn(admin), await isIn(other)]).toEqual([true, true])
    }
    nowMs += 1
    expect(await isIn(admin)).toBe(false)
    for (let half = 0; half < 14; half += 1) {
      nowMs += 11.4 * HOUR_MS
      expect(await isIn(other)).toBe(true)
    }
    nowMs += HOUR_MS * 2
    expect(await isIn(other)).toBe(false)
  })

  it('of a while ago does not open doors: that takes a fresh sign-in', async () => {
    const browser = await signedIn(['owner'])
    expect((await asHuman(browser, 'POST', 'connections')).status).toBe(400)
    nowMs += 16 * 60_000
    const doors = ['api-keys', 'policies', 'connections', 'sso-connections', 'directories']
    for (const path of doors) {
      const answer = await asHuman(browser, 'POST', path)
      expect([path, answer.status, answer.headers.get('www-authenticate')]).toEqual([
        path,
        401,
        'Cookie error="insufficient_user_authentication", max_age="900"',
      ])
    }
    expect((await asHuman(browser, 'POST', 'agents')).status).toBe(400)
    expect((await asHuman(browser, 'GET', 'connections')).status).toBe(200)
  })

  it('is fresh again once the identity provider asked anew', async () => {
    const browser = await signedIn(['owner'])
    await tenant.signIn(browser, 'ada', '?fresh=1')
    expect(browser.visited.some((url) => url.includes('prompt=login') && url.includes('max_age=300'))).toBe(
      true,
    )
    expect((await asHuman(browser, 'POST', 'connections')).status).toBe(400)
  })

  it('ends when the roles change', async () => {
    const browser = await signedIn(['auditor'])
    const { body } = await tenant.ask('GET', 'humans')
    const ada = body.items.find(({ email }: { email: string }) => email.startsWith('ada'))
    await tenant.ask('PUT', `humans/${ada.id}/roles`, { roles: ['admin'] })
    expect(await isIn(browser)).toBe(false)
  })

  it('ends when its connection is removed', async () => {
    const browser = await signedIn()
    await tenant.ask('DELETE', `sso-connections/${tenant.sso.id}`)
    expect(await isIn(browser)).toBe(false)
  })

  it('ends by signing out, on our own page only', async () => {
    const browser = await signedIn()
    const page = await browser.visit(`${ORIGIN}/t/${tenant.slug}/me`)
    const forged = await browser.visit(`${ORIGIN}/t/${tenant.slug}/sign-out`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ form: /name="form" value="([^"]+)"/.exec(page.text)?.[1] ?? '' }),
    })
    expect([forged.status, await isIn(browser)]).toEqual([403, true])
    expect((await browser.submit(page, { form: 'A'.repeat(43) })).status).toBe(403)
    const cookie = sessionOf(browser) ?? ''
    expect((await browser.submit(page)).text).toContain('You are signed out of Writ')
    browser.setCookie(ORIGIN, 'writ', cookie)
    expect(await isIn(browser)).toBe(false)
  })
})
