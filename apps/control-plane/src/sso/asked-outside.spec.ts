import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { GRANT_TYPES, TOKEN_TYPES } from '@writ/contracts'
import { generateKeyPem } from '@writ/identity'
import { SignJWT } from 'jose'
import { draftOf, send } from '../authority/negative/draft.suite.ts'
import { enrolledAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenNameServer } from '../testing/name-server.ts'
import type { NameServer } from '../testing/name-server.ts'

jest.setTimeout(60_000)

let names: NameServer
let plane: ControlPlane
let tenant: { readonly slug: string; readonly key: string }
let agent: EnrolledAgent

// An identity provider that hears every question, and answers once it is told to.
const provider = createServer()
const { privateKey, publicJwk } = generateKeyPem()
let issuer = ''
let sso = ''

beforeAll(async () => {
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const address = provider.address()
  if (typeof address === 'object') issuer = `http://127.0.0.1:${address?.port}`
  names = await givenNameServer()
  plane = await givenControlPlane({
    environment: {
      WRIT_DOMAIN_PROOF_RESOLVERS: names.address,
      WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP: 'yes',
    },
  })
  const made = await plane.newTenant()
  tenant = { slug: made.tenant.slug, key: made.ownerKey.key }
  agent = await enrolledAgent(plane, tenant.slug, tenant.key)
  const form = { name: 'idp', issuer, clientId: 'writ', clientSecret: 'secret-of-the-specs' }
  sso = (await ask('POST', 'sso-connections', form)).body.id
  await ask('POST', `humans/${agent.human}/identities`, { sso, subject: 'ada' })
})
afterAll(async () => {
  provider.closeAllConnections()
  provider.close()
  await plane?.close()
  await names?.close()
})

const ask = (method: string, path: string, body?: unknown) =>
  plane.ask(method, `/api/v1/${path}`, { key: tenant.key, ...(body !== undefined && { body }) })

/** How many transactions wait for the control plane to go on, where it waits itself. */
async function openTransactions(): Promise<number> {
  await new Promise((settled) => setTimeout(settled, 800))
  const rows = await plane.query(
    `select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'
       and state_change < now() - interval '400 milliseconds'`,
  )
  return rows.length
}

describe('while others are asked', () => {
  it('no transaction is open: the name servers of a domain', async () => {
    const { body } = await ask('POST', 'domains', { domain: 'slow.example', sso })
    names.isSilent = true
    const checked = ask('POST', `domains/${body.id}/check`)
    while (!names.asked.includes(body.record)) await new Promise((again) => setTimeout(again, 20))
    const open = await openTransactions()
    expect([open, (await checked).status]).toEqual([0, 503])
  })

  it('no transaction is open: the keys that an ID token was signed with', async () => {
    const asked = once(provider, 'request')
    const sent = send(plane, exchangeOf(await idToken()))
    await asked
    const open = await openTransactions()
    provider.on('request', answer)
    provider.closeAllConnections()
    expect([open, (await sent).error]).toEqual([0, 'invalid_request'])
  })

  it('what was asked of an identity provider counts only if it is still one of the tenant then', async () => {
    // What could not be asked is not asked again for a moment.
    await new Promise((forgotten) => setTimeout(forgotten, 5100))
    expect((await send(plane, exchangeOf(await idToken()))).status).toBe(200)
    // With another secret it is asked anew.
    await ask('PATCH', `sso-connections/${sso}`, { clientSecret: 'another-secret-of-the-specs' })
    provider.off('request', answer)
    const asked = once(provider, 'request')
    const sent = send(plane, exchangeOf(await idToken()))
    const [request, response] = await asked
    expect((await ask('DELETE', `sso-connections/${sso}`)).status).toBe(204)
    provider.on('request', answer)
    answer(request, response)
    expect((await sent).error).toBe('invalid_request')
  })
})

/** Its metadata, and its key. */
function answer({ url }: IncomingMessage, response: ServerResponse): void {
  const endpoints = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` }
  const kinds = { response_types_supported: ['code'], subject_types_supported: ['public'] }
  const metadata = { issuer, jwks_uri: `${issuer}/jwks`, ...endpoints, ...kinds }
  const keys = [{ ...publicJwk, kid: 'a-key', alg: 'ES256', use: 'sig' }]
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(url === '/jwks' ? { keys } : metadata))
}

const idToken = () =>
  new SignJWT({ iss: issuer, sub: 'ada', aud: 'writ' })
    .setProtectedHeader({ alg: 'ES256', kid: 'a-key' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)

const exchangeOf = (subjectToken: string) =>
  draftOf(tenant.slug, agent, {
    sessionKey: generateKeyPem().privateKey,
    parameters: {
      grant_type: GRANT_TYPES.tokenExchange,
      subject_token_type: TOKEN_TYPES.idToken,
      subject_token: subjectToken,
    },
  })
