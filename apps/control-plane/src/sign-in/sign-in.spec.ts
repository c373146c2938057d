import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { logIn } from '../testing/browser.ts'
import type { Browser, Shown } from '../testing/browser.ts'
import { ORIGIN } from '../testing/given.ts'
import { RelyingParty } from '../sso/relying-party.ts'
import { CLIENT_SECRET, givenSingleSignOn } from '../testing/single-sign-on.ts'
import type { ConnectedTenant, SingleSignOn } from '../testing/single-sign-on.ts'

jest.setTimeout(60_000)

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

const startUrl = (query = '') => `${ORIGIN}/t/${tenant.slug}/sign-in/${tenant.sso.id}${query}`
const newBrowser = () => world.newBrowser()
const signIn = (browser: Browser, subject: string, query?: string): Promise<Shown> =>
  tenant.signIn(browser, subject, query)

/** Everything but the last step: the URL to which the provider sends the browser back. */
async function answerFor(browser: Browser, subject: string, start = startUrl()): Promise<URL> {
  browser.stopBefore = tenant.sso.redirectUri
  const shown = await logIn(browser, await browser.visit(start), subject)
  browser.stopBefore = null
  return new URL(shown.headers.get('location') ?? 'none:')
}

const sessionOf = (browser: Browser) => browser.cookie(ORIGIN, 'writ')

const way = (path: string) => signIn(newBrowser(), 'ada', `?return=${encodeURIComponent(path)}`)
const show = async (name: string, path: string) => {
  const { status, text, headers } = await newBrowser().visit(`${ORIGIN}/t/${name}/${path}`)
  return [status, text.replaceAll(name, 'NAME'), headers.get('set-cookie')]
}

describe('signing in at the identity provider', () => {
  it('ends at a page that says who one is', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const page = await browser.visit(`${ORIGIN}/t/${tenant.slug}/me`)
    expect(page.text).toContain('Continue with Example &lt;ID&gt;')
    const shown = await signIn(browser, 'ada')
    expect([shown.status, shown.url.href]).toEqual([200, `${ORIGIN}/t/${tenant.slug}/me`])
    expect(shown.text).toContain('Signed in as Ada &lt;b&gt;')
    expect(shown.text).not.toContain('<b>')
  })

  it('asks with code, PKCE, state and nonce, and never sends the secret by way of the browser', async () => {
    const browser = newBrowser()
    browser.stopBefore = world.idp.issuer
    const shown = await browser.visit(startUrl())
    const url = new URL(shown.headers.get('location') ?? '')
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: tenant.sso.redirectUri,
      scope: 'openid email profile',
    })
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(url.searchParams.get(name)).toHaveLength(43)
    expect(url.href).not.toContain(CLIENT_SECRET)
  })

  it('goes back to where it was begun, on our own origin only', async () => {
    await tenant.linkedHuman('ada')
    expect((await way(`/t/${tenant.slug}/me?from=there`)).url.href).toBe(
      `${ORIGIN}/t/${tenant.slug}/me?from=there`,
    )
    expect((await way('https://evil.example/')).url.href).toBe(`${ORIGIN}/t/${tenant.slug}/me`)
  })

  it('sets a cookie for no script and no other site', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const answer = await answerFor(browser, 'ada')
    browser.stopBefore = '/t/'
    const shown = await browser.visit(answer.href)
    const [cleared, session] = shown.headers.getSetCookie()
    expect(cleared).toBe('writ-sign-in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')
    expect(session).toMatch(
      /^writ=ten_[0-9A-Z]{26}\.[A-Za-z0-9_-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/,
    )
  })

  it('keeps pages free of scripts, frames and caches', async () => {
    const { headers } = await newBrowser().visit(`${ORIGIN}/t/${tenant.slug}/sign-in`)
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
    })
  })

  it('makes a new session each time, and ends the one that the browser had', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    await signIn(browser, 'ada')
    const first = sessionOf(browser) ?? ''
    await signIn(browser, 'ada')
    expect(sessionOf(browser)).not.toBe(first)
    const old = newBrowser()
    old.setCookie(ORIGIN, 'writ', first)
    expect((await old.visit(`${ORIGIN}/t/${tenant.slug}/me`)).url.pathname).toBe(`/t/${tenant.slug}/sign-in`)
  })

  it('shows a tenant that does not exist like one that has no identity provider', async () => {
    const { tenant: other } = await world.plane.newTenant()
    for (const path of [
      'sign-in',
      'me',
      `sign-in/${tenant.sso.id}`,
      `sign-in/${tenant.sso.id}/callback?code=a&state=b`,
    ])
      expect(await show('nobody-at-all', path)).toEqual(await show(other.slug, path))
  })
})

describe('an answer of the identity provider', () => {
  const refused = { status: 403, text: expect.stringContaining('Not signed in') }

  async function expectRefused(change: (answer: URL) => void): Promise<void> {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const answer = await answerFor(browser, 'ada')
    change(answer)
    expect(await browser.visit(answer.href)).toMatchObject(refused)
    expect(sessionOf(browser)).toBeUndefined()
  }

  it('is taken when nothing is changed', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const shown = await browser.visit((await answerFor(browser, 'ada')).href)
    expect([shown.status, sessionOf(browser) !== undefined]).toEqual([200, true])
  })

  it.each<[string, (answer: URL) => void]>([
    ['no issuer', (answer) => answer.searchParams.delete('iss')],
    ['the issuer of another', (answer) => answer.searchParams.set('iss', 'https://other.example')],
    ['two issuers', (answer) => answer.searchParams.append('iss', world.idp.issuer)],
    ['no state', (answer) => answer.searchParams.delete('state')],
    ['another state', (answer) => answer.searchParams.set('state', 'A'.repeat(43))],
    ['two states', (answer) => answer.searchParams.append('state', 'A'.repeat(43))],
    ['no code', (answer) => answer.searchParams.delete('code')],
    ['another code', (answer) => answer.searchParams.set('code', 'B'.repeat(43))],
    ['an error', (answer) => answer.searchParams.set('error', 'access_denied')],
  ])('is refused with %s', (_, change) => expectRefused(change))

  it.each(['nonce', 'code_challenge'])('is refused when the %s was another', async (name) => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    browser.stopBefore = world.idp.issuer
    const begun = await browser.visit(startUrl())
    const url = new URL(begun.headers.get('location') ?? '')
    url.searchParams.set(name, 'C'.repeat(43))
    const answer = await answerFor(browser, 'ada', url.href)
    expect(await browser.visit(answer.href)).toMatchObject(refused)
    expect(sessionOf(browser)).toBeUndefined()
  })

  it('is good once', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const answer = await answerFor(browser, 'ada')
    const cookie = browser.cookie(ORIGIN, 'writ-sign-in') ?? ''
    await browser.visit(answer.href)
    const again = newBrowser()
    again.setCookie(ORIGIN, 'writ-sign-in', cookie)
    expect(await again.visit(answer.href)).toMatchObject(refused)
    expect(sessionOf(again)).toBeUndefined()
  })

  it('fits no other browser: neither one without a sign-in, nor one with its own', async () => {
    await tenant.linkedHuman('ada')
    await tenant.linkedHuman('eve')
    const answerOfEve = await answerFor(newBrowser(), 'eve')
    expect(await newBrowser().visit(answerOfEve.href)).toMatchObject(refused)
    const browserOfAda = newBrowser()
    const answerOfAda = await answerFor(browserOfAda, 'ada')
    expect(await browserOfAda.visit(answerOfEve.href)).toMatchObject(refused)
    answerOfAda.searchParams.set('code', answerOfEve.searchParams.get('code') ?? '')
    expect(await browserOfAda.visit(answerOfAda.href)).toMatchObject(refused)
    expect(sessionOf(browserOfAda)).toBeUndefined()
  })

  it('is too late after ten minutes', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const answer = await answerFor(browser, 'ada')
    nowMs += 600_001
    expect(await browser.visit(answer.href)).toMatchObject(refused)
  })

  it('of another connection is not taken', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const answer = await answerFor(browser, 'ada')
    await tenant.ask('DELETE', `sso-connections/${tenant.sso.id}`)
    const moved = new URL((await tenant.connect()).redirectUri)
    moved.search = answer.search
    expect(await browser.visit(moved.href)).toMatchObject(refused)
  })
})

describe('who is let in', () => {
  it('is whoever issuer and subject say, and nobody by an e-mail address', async () => {
    await tenant.linkedHuman('ada')
    world.idp.accounts.set('mallory', { email: 'ada@example.test', email_verified: true, name: 'Ada' })
    await tenant.ask('PATCH', `sso-connections/${tenant.sso.id}`, { jit: true })
    const browser = newBrowser()
    expect(await signIn(browser, 'mallory')).toMatchObject({ status: 403 })
    expect(sessionOf(browser)).toBeUndefined()
  })

  it('is nobody whose provider was removed while it was asked', async () => {
    await tenant.linkedHuman('ada')
    const party = world.plane.app.get(RelyingParty)
    const finish = party.finish.bind(party)
    party.finish = async (...asked) => {
      const proven = await finish(...asked)
      expect((await tenant.ask('DELETE', `sso-connections/${tenant.sso.id}`)).status).toBe(204)
      return proven
    }
    const browser = newBrowser()
    const shown = await signIn(browser, 'ada').finally(() => (party.finish = finish))
    expect([shown.status, sessionOf(browser), await tenant.isIn(browser)]).toEqual([403, undefined, false])
  })

  it('is not a human who is suspended, and sees the same as a stranger', async () => {
    const ada = await tenant.linkedHuman('ada')
    await tenant.ask('POST', `humans/${ada}/suspend`)
    const [suspended, stranger] = [await signIn(newBrowser(), 'ada'), await signIn(newBrowser(), 'stranger')]
    expect([suspended.status, suspended.text]).toEqual([403, stranger.text])
  })

  it('is not the subject of the same name of another tenant', async () => {
    await tenant.linkedHuman('ada')
    tenant = await world.connectedTenant()
    expect((await signIn(newBrowser(), 'ada')).status).toBe(403)
  })
})

describe('what is kept', () => {
  it('holds no secret: neither that of the provider, nor that of a session, nor in the log', async () => {
    await tenant.linkedHuman('ada')
    const browser = newBrowser()
    const answer = await answerFor(browser, 'ada')
    const underWay = browser.cookie(ORIGIN, 'writ-sign-in') ?? ''
    await browser.visit(answer.href)
    const session = sessionOf(browser)?.split('.')[1] ?? ''
    const shown = await tenant.ask('GET', 'sso-connections')
    for (const text of [shown.text, world.plane.logged()])
      for (const secret of [CLIENT_SECRET, session, underWay, answer.searchParams.get('code') ?? ''])
        expect(text.includes(secret) || secret === '').toBe(false)
  })
})
