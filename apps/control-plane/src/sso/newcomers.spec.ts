import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { givenNameServer } from '../testing/name-server.ts'
import type { NameServer } from '../testing/name-server.ts'
import { ORIGIN } from '../testing/given.ts'
import { givenIdentityProvider } from '../testing/identity-provider.ts'
import { givenSingleSignOn } from '../testing/single-sign-on.ts'
import type { ConnectedTenant, SingleSignOn } from '../testing/single-sign-on.ts'

jest.setTimeout(60_000)

let names: NameServer
let world: SingleSignOn
let tenant: ConnectedTenant

beforeAll(async () => {
  names = await givenNameServer()
  world = await givenSingleSignOn({ environment: { WRIT_DOMAIN_PROOF_RESOLVERS: names.address } })
})
afterAll(async () => {
  await world?.close()
  await names?.close()
})
beforeEach(async () => {
  names.isBroken = false
  tenant = await world.connectedTenant()
})

const claim = async (domain: string) =>
  (await tenant.ask('POST', 'domains', { domain, sso: tenant.sso.id })).body
const check = (id: string) => tenant.ask('POST', `domains/${id}/check`)

async function prove(domain: string): Promise<string> {
  const { id, record, value } = await claim(domain)
  names.records.set(record, [['v=spf1 -all'], [value.slice(0, 10), value.slice(10)]])
  expect((await check(id)).body.state).toBe('proven')
  return id
}
const letIn = () => tenant.ask('PATCH', `sso-connections/${tenant.sso.id}`, { jit: true })

/** Signs in as somebody of whom the provider says that; what the page says, and whether they are in. */
async function come(
  subject: string,
  account: { email?: string; email_verified?: boolean; name?: string },
  at = world.idp,
) {
  at.accounts.set(subject, account)
  const browser = world.newBrowser()
  const shown = await tenant.signIn(browser, subject)
  return { status: shown.status, text: shown.text, isIn: browser.cookie(ORIGIN, 'writ') !== undefined }
}
const someone = (email: string) => ({ email, email_verified: true, name: 'New <i>One</i>' })

const connect = (issuer: string) =>
  tenant.ask('POST', 'sso-connections', { name: 'x', issuer, clientId: 'c', clientSecret: 'secret-secret' })

describe('a domain', () => {
  it('is proven by a TXT record with the right value, and by nothing else', async () => {
    const { id, record, value, state } = await claim('proof.example')
    expect([state, record]).toEqual(['pending', '_writ-challenge.proof.example'])
    expect((await check(id)).body.state).toBe('pending')
    names.records.set('proof.example', [[value]])
    names.records.set(record, [[`${value}x`], [value.toUpperCase()]])
    expect((await check(id)).body).toMatchObject({ state: 'pending', provenAt: null })
    names.records.set(record, [[value]])
    expect((await check(id)).body).toMatchObject({ state: 'proven', domain: 'proof.example' })
    expect((await tenant.ask('GET', `sso-connections/${tenant.sso.id}`)).body.domains).toEqual([
      'proof.example',
    ])
    expect(names.asked).toContain('_writ-challenge.proof.example')
  })

  it('is proven no longer when the record is gone, and stays as it is while nobody can be asked', async () => {
    const id = await prove('gone.example')
    names.isBroken = true
    expect((await check(id)).status).toBe(503)
    expect((await tenant.ask('GET', `domains/${id}`)).body.state).toBe('proven')
    names.isBroken = false
    names.records.delete('_writ-challenge.gone.example')
    expect((await check(id)).body.state).toBe('pending')
  })

  it('of another tenant needs a value of its own', async () => {
    const { value } = await claim('shared.example')
    names.records.set('_writ-challenge.shared.example', [[value]])
    tenant = await world.connectedTenant()
    const { id } = await claim('shared.example')
    expect((await check(id)).body.state).toBe('pending')
  })

  it.each([
    'example',
    'UPPER.example',
    'a..example',
    '.example',
    'a.example.',
    '*.example',
    '127.0.0.1',
    'a_b.example',
    '',
  ])('is not %s', async (domain) => {
    expect((await tenant.ask('POST', 'domains', { domain, sso: tenant.sso.id })).status).toBe(400)
  })
})

describe('somebody whom nobody made before', () => {
  it('is let in from a proven domain, once, with no role', async () => {
    await prove('corp.example')
    await letIn()
    const came = await come('new-1', someone('New.One@corp.example'))
    expect([came.status, came.isIn]).toEqual([200, true])
    expect(came.text).toContain('Signed in as New &lt;i&gt;One&lt;/i&gt;')
    expect((await come('new-1', someone('new.one@corp.example'))).isIn).toBe(true)
    const { body } = await tenant.ask('GET', 'humans')
    expect(body.items).toMatchObject([
      {
        name: 'New <i>One</i>',
        email: 'new.one@corp.example',
        roles: [],
        identities: [{ issuer: world.idp.issuer, subject: 'new-1' }],
      },
    ])
  })

  it.each<[string, Parameters<typeof come>[1]]>([
    ['of a domain that is not proven', someone('a@other.example')],
    ['of a domain below a proven one', someone('a@sub.corp.example')],
    ['of a domain that ends alike', someone('a@evilcorp.example')],
    ['whose address hides a proven domain', someone('a@corp.example@evil.example')],
    ['whose address is not verified', { ...someone('a@corp.example'), email_verified: false }],
    ['whose address is not said to be verified', { email: 'a@corp.example', name: 'A' }],
    ['without an address', { name: 'A' }],
  ])('is not let in %s, and is not told why', async (_, account) => {
    await prove('corp.example')
    await letIn()
    const { status, text, isIn } = await come('stranger', account)
    expect([status, isIn]).toEqual([403, false])
    expect(text).toContain('You are not let in here.')
    expect((await tenant.ask('GET', 'humans')).body.items).toEqual([])
  })

  it('is not let in unless the connection may do that', async () => {
    await prove('corp.example')
    expect((await come('new-2', someone('two@corp.example'))).isIn).toBe(false)
  })

  it('is not let in either when the provider says it all in its ID token', async () => {
    const talkative = await givenIdentityProvider(undefined, undefined, true)
    try {
      tenant = await world.connectedTenant(talkative)
      await prove('corp.example')
      expect((await come('new-5', someone('five@corp.example'), talkative)).isIn).toBe(false)
      await letIn()
      expect((await come('new-5', someone('five@corp.example'), talkative)).isIn).toBe(true)
    } finally {
      await talkative.close()
    }
  })

  it('is not let in by a domain that is claimed and not proven', async () => {
    await claim('corp.example')
    await letIn()
    expect((await come('new-3', someone('three@corp.example'))).isIn).toBe(false)
  })

  it('is not let in by a connection to which the domain does not belong', async () => {
    const other = await connect('https://other-idp.example')
    const { body } = await tenant.ask('POST', 'domains', { domain: 'corp.example', sso: other.body.id })
    names.records.set(body.record, [[body.value]])
    expect((await check(body.id)).body.state).toBe('proven')
    await letIn()
    expect((await come('new-4', someone('four@corp.example'))).isIn).toBe(false)
  })

  it('is never taken for a human who has that address already', async () => {
    await prove('corp.example')
    await letIn()
    const { body: owner } = await tenant.ask('POST', 'humans', { name: 'Owner', email: 'Root@corp.example' })
    await tenant.ask('PUT', `humans/${owner.id}/roles`, { roles: ['owner'] })
    expect(await come('impostor', someone('root@CORP.example'))).toMatchObject({ status: 403, isIn: false })
    expect((await tenant.ask('GET', `humans/${owner.id}`)).body.identities).toEqual([])
  })
})

describe('an identity provider', () => {
  it.each([
    'http://idp.example',
    'ftp://idp.example',
    'https://user@idp.example',
    'https://idp.example/?a=b',
    'https://idp.example/#a',
    'https://idp.example/.well-known/openid-configuration',
    'javascript:alert(1)',
    'nonsense',
  ])('is not connected as %s', async (issuer) => {
    expect((await connect(issuer)).status).toBe(400)
  })

  it('that calls itself otherwise than it is connected as is not believed', async () => {
    const { body } = await connect(`${world.idp.issuer}/`)
    const shown = await world.newBrowser().visit(`${ORIGIN}/t/${tenant.slug}/sign-in/${body.id}`)
    expect([shown.status, shown.text.includes('could not be reached')]).toEqual([502, true])
  })

  it('on our own networks is not reached', async () => {
    const { body } = await connect('https://169.254.169.254')
    expect((await world.newBrowser().visit(`${ORIGIN}/t/${tenant.slug}/sign-in/${body.id}`)).status).toBe(502)
  })
})
