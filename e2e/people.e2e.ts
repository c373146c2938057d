import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { HumanView, OwnerLink, SsoConnectionView } from '@writ/contracts'
import { awaitDeviceGrant, generateKeyPem, importPrivatePem, startDeviceGrant } from '@writ/identity'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { z } from 'zod'
import { givenIdentityProvider } from '../apps/control-plane/src/testing/identity-provider.ts'
import type { IdentityProvider } from '../apps/control-plane/src/testing/identity-provider.ts'
import { startChromium } from './drivers/chromium.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const CLIENT_SECRET = 'secret-of-our-client-at-the-provider'

let world: World
let idp: IdentityProvider
let chromium: Browser
let sso: SsoConnectionView
let context: BrowserContext
let page: Page

beforeAll(async () => {
  world = await startWorld({
    tuning: { controlPlane: { WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP: 'yes' } },
  })
  // Another name of this machine is another site, as identity providers are.
  idp = await givenIdentityProvider(undefined, 'localhost')
  chromium = await startChromium()
  sso = await connect()
}, 180_000)
afterAll(async () => {
  await chromium?.close()
  await idp?.close()
  await world?.stop()
}, 60_000)
beforeEach(async () => {
  context = await chromium.newContext()
  page = await context.newPage()
})
afterEach(() => context?.close())

async function connect(): Promise<SsoConnectionView> {
  const form = { name: 'Acme Identity', issuer: idp.issuer, clientId: 'writ', clientSecret: CLIENT_SECRET }
  const made = await world.acme.admin.send('POST', 'sso-connections', form, SsoConnectionView)
  idp.addClient({ client_id: 'writ', client_secret: CLIENT_SECRET, redirect_uris: [made.redirectUri] })
  return made
}

const home = () => `${world.platform.controlPlaneUrl}/t/acme`
const heading = () => page.locator('h1').innerText()

/** A human who is that subject at the provider. */
async function human(subject: string, name: string, roles: string[] = []): Promise<HumanView> {
  const { admin } = world.acme
  const email = `${subject}@acme.example`
  const { id } = await admin.send('POST', 'humans', { name, email }, HumanView)
  await admin.send('PUT', `humans/${id}/roles`, { roles }, HumanView)
  return admin.send('POST', `humans/${id}/identities`, { sso: sso.id, subject }, HumanView)
}

async function logInAs(subject: string): Promise<void> {
  await page.fill('input[name=login]', subject)
  await page.fill('input[name=password]', 'any')
  await page.click('button[type=submit]')
  await page.click('button[type=submit]')
}

async function signIn(subject: string): Promise<void> {
  await page.goto(`${home()}/me`)
  await page.click('text=Continue with Acme Identity')
  await logInAs(subject)
  await page.waitForURL('**/me')
}

/** Kept where somebody asks for them: what people see is looked at by people. */
async function picture(name: string): Promise<void> {
  const folder = process.env['WRIT_PICTURES_DIR']
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

describe('a human in a real browser', () => {
  it('signs in at the identity provider, sees who they are, and signs out', async () => {
    await human('anna', 'Anna <img src=x onerror=alert(1)> Lovelace', ['auditor'])
    await page.goto(`${home()}/me`)
    expect(page.url()).toBe(`${home()}/sign-in`)
    await picture('sign-in')
    await signIn('anna')
    expect(await heading()).toBe('Signed in as Anna <img src=x onerror=alert(1)> Lovelace')
    await picture('me')
    expect(await page.locator('img').count()).toBe(0)
    await page.click('text=Sign out')
    expect(await heading()).toBe('Signed out')
    await picture('signed-out')
    await page.goto(`${home()}/me`)
    expect(page.url()).toBe(`${home()}/sign-in`)
  }, 60_000)

  it('holds one cookie of ours: for no script, on this host only, and not for other sites', async () => {
    await human('bea', 'Bea')
    await signIn('bea')
    const ours = await context.cookies(world.platform.controlPlaneUrl)
    expect(ours.filter(({ name }) => name.startsWith('writ'))).toEqual([
      expect.objectContaining({
        name: 'writ',
        domain: '127.0.0.1',
        path: '/',
        httpOnly: true,
        sameSite: 'Lax',
        secure: false,
      }),
    ])
    expect(await page.evaluate('document.cookie')).not.toContain('writ')
  }, 60_000)

  it('sees pages that run nothing and ask nobody', async () => {
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    await page.goto(`${home()}/sign-in`)
    expect(asked).toEqual([`${home()}/sign-in`])
    expect(complaints).toEqual([])
    expect(await page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius")).toBe('14px')
  }, 60_000)
})

describe('another site, visited by somebody who is signed in', () => {
  let evil: Server
  let evilUrl: string
  let attack = ''

  beforeAll(async () => {
    evil = createServer((_, response) => response.setHeader('content-type', 'text/html').end(attack))
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    const address = evil.address()
    evilUrl = `http://localhost:${typeof address === 'object' && address ? address.port : 0}/`
  })
  afterAll(() => void evil.close())

  it('can neither read nor change anything in their name', async () => {
    await human('cleo', 'Cleo', ['owner'])
    await signIn('cleo')
    const api = `${world.platform.controlPlaneUrl}/api/v1`
    attack = `<script>
      const read = fetch('${api}/humans', { credentials: 'include' }).then(() => 'read', () => 'blocked')
      const plain = fetch('${api}/humans', { method: 'POST', credentials: 'include', mode: 'no-cors',
        headers: { 'content-type': 'text/plain' }, body: '{"name":"Mallory","email":"m@evil.example"}' }).then(() => 'sent', () => 'blocked')
      const json = fetch('${api}/humans', { method: 'POST', credentials: 'include',
        headers: { 'content-type': 'application/json', 'x-writ': '1' },
        body: '{"name":"Mallory","email":"m@evil.example"}' }).then(() => 'sent', () => 'blocked')
      window.outcome = Promise.all([read, plain, json])
    </script>`
    await page.goto(evilUrl)
    expect(await page.evaluate('window.outcome')).toEqual(['blocked', 'sent', 'blocked'])
    attack = `<form method="post" action="${home()}/sign-out"><input name="form" value="x"></form><script>document.forms[0].submit()</script>`
    await page.goto(evilUrl)
    await page.waitForURL('**/sign-out')
    await page.goto(`${home()}/me`)
    expect(await heading()).toBe('Signed in as Cleo')
    const { items } = await world.acme.admin.get('humans', z.object({ items: z.array(HumanView) }))
    expect(items.map(({ name }) => name)).not.toContain('Mallory')
  }, 60_000)
})

describe('an owner link', () => {
  it('signs one browser in, once', async () => {
    const response = await fetch(`${world.platform.controlPlaneUrl}/api/v1/tenants/acme/owner-links`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.platform.secrets.operatorKey}` },
    })
    const { url } = OwnerLink.parse(await response.json())
    await page.goto(url)
    await picture('owner-link')
    await page.click('text=Sign in as owner')
    await page.waitForURL('**/me')
    expect(await page.locator('dl').innerText()).toContain('owner')
    await page.goto(url)
    await page.click('text=Sign in as owner')
    expect(await heading()).toBe('This link is over')
    await picture('owner-link-over')
  }, 60_000)
})

describe('a device that asks for a human', () => {
  it('gets a token for them once they say yes in their browser', async () => {
    const dora = await human('dora', 'Dora')
    const agent = await world.acme.enrol('device-agent')
    const issuer = `${home()}/oauth`
    const ports = { fetch, nowMs: Date.now, randomBytes, sleepMs: (ms: number) => sleep(ms) }
    const order = {
      issuer,
      tokenEndpoint: `${issuer}/token`,
      deviceEndpoint: `${issuer}/device_authorization`,
      agentId: agent.id,
      identityKey: importPrivatePem(agent.identityPem),
      sessionKey: generateKeyPem().privateKey,
    }
    const device = await startDeviceGrant(order, ports)
    await page.goto(device.verification_uri_complete ?? device.verification_uri)
    await page.click('text=Continue with Acme Identity')
    await logInAs('dora')
    await page.waitForURL('**/device?**')
    expect(await heading()).toBe('Let device-agent act for you?')
    await picture('consent')
    await page.click('button[value=allow]')
    expect(await heading()).toBe('Done')
    const token = await awaitDeviceGrant(order, device, ports)
    const [, payload = ''] = token.access_token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    expect(claims).toMatchObject({ sub: dora.id, client_id: agent.id })
    expect(claims.auth_time).toBeGreaterThan(Date.now() / 1000 - 120)
  }, 90_000)
})
