import { createPrivateKey, webcrypto } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AccessTokenClaims, OwnerLink, TenantView } from '@writ/contracts'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { z } from 'zod'
import { Browser } from '../apps/control-plane/src/testing/browser.ts'
import { eventually } from './drivers/ledger.ts'
import { MCP_HEADERS } from './drivers/tenant.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const REDIRECT = 'http://127.0.0.1:43199/callback'

let world: World
let agent: EnrolledAgent
let config: client.Configuration
let keys: Awaited<ReturnType<typeof client.randomDPoPKeyPair>>

beforeAll(async () => {
  world = await startWorld()
  agent = await world.acme.enrol()
  await agent.call('lookup_order', { order: 'N-0' })
  config = await discovered()
  keys = await client.randomDPoPKeyPair('ES256')
}, 120_000)
afterAll(() => world?.stop(), 60_000)

const issuer = () => `${world.platform.controlPlaneUrl}/t/acme/oauth`

/** A stranger knows the issuer, the agent's id and its key, and reads the rest. */
async function discovered(of = agent): Promise<client.Configuration> {
  const der = createPrivateKey(of.identityPem).export({ type: 'pkcs8', format: 'der' })
  const es256 = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await webcrypto.subtle.importKey('pkcs8', der, es256, false, ['sign'])
  return client.discovery(new URL(issuer()), of.id, {}, client.PrivateKeyJwt(key), {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  })
}

const callBody = (tool: string) =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: tool, arguments: { order: 'N-1' } },
  })

const callGateway = (token: string, DPoP: client.DPoPHandle, tool = 'lookup_order') =>
  client.fetchProtectedResource(
    config,
    token,
    new URL(agent.url),
    'POST',
    callBody(tool),
    new Headers(MCP_HEADERS),
    { DPoP },
  )

const claimsOf = (token: string) =>
  AccessTokenClaims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))

describe('openid-client, which knows nothing of us', () => {
  it('reads our metadata', () => {
    const { issuer: named, ...rest } = config.serverMetadata()
    expect(named).toBe(issuer())
    expect(rest).toMatchObject({
      code_challenge_methods_supported: ['S256'],
      dpop_signing_alg_values_supported: ['ES256'],
      authorization_response_iss_parameter_supported: true,
    })
  })

  it('gets a token that is bound to its key, and calls the gateway', async () => {
    const DPoP = client.getDPoPHandle(config, keys)
    const tokens = await client.clientCredentialsGrant(
      config,
      { scope: 'mcp', resource: agent.url },
      { DPoP },
    )
    expect(tokens.token_type).toBe('dpop')
    expect(claimsOf(tokens.access_token)).toMatchObject({ client_id: agent.id, aud: [agent.url] })
    const response = await callGateway(tokens.access_token, DPoP)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('result')
  })

  it('is refused with the key of somebody else', async () => {
    const DPoP = client.getDPoPHandle(config, keys)
    const { access_token: token } = await client.clientCredentialsGrant(config, { scope: 'mcp' }, { DPoP })
    const stranger = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
    await expect(callGateway(token, stranger)).rejects.toMatchObject({ status: 401 })
  })

  it('follows the challenge of a gateway that wants a nonce', async () => {
    const { admin } = world.acme
    await admin.send('PATCH', 'tenant', { nonceRequired: true }, TenantView)
    try {
      const DPoP = client.getDPoPHandle(config, keys)
      const { access_token: token } = await client.clientCredentialsGrant(config, { scope: 'mcp' }, { DPoP })
      await eventually('the setting at the gateway', async () => {
        const body = new TextEncoder().encode(callBody('lookup_order'))
        const headers = await agent.session.sign({ verb: 'POST', url: agent.url, body })
        const answer = await fetch(agent.url, {
          method: 'POST',
          headers: { ...MCP_HEADERS, ...headers },
          body,
        })
        await answer.text()
        return (
          answer.status === 401 && (answer.headers.get('www-authenticate') ?? '').includes('use_dpop_nonce')
        )
      })
      expect((await callGateway(token, DPoP)).status).toBe(200)
    } finally {
      await admin.send('PATCH', 'tenant', { nonceRequired: false }, TenantView)
    }
  })

  it('takes the code that a human let it have, and gives its token up', async () => {
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT,
      scope: 'mcp',
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(),
    })
    const { browser, human } = await signedIn()
    browser.stopBefore = REDIRECT
    const page = await browser.visit(url.href)
    const answered = (await browser.submit(page, { decision: 'allow' })).headers.get('location')
    const tokens = await client.authorizationCodeGrant(
      config,
      new URL(answered ?? ''),
      { pkceCodeVerifier: verifier, expectedState: state },
      undefined,
      { DPoP },
    )
    const claims = claimsOf(tokens.access_token)
    expect([claims.sub, claims.client_id]).toEqual([human, agent.id])
    expect((await callGateway(tokens.access_token, DPoP)).status).toBe(200)
    await client.tokenRevocation(config, tokens.access_token)
    await eventually('the end of the token', async () => {
      const refused = await callGateway(tokens.access_token, DPoP).catch((error: unknown) => error)
      return z.object({ status: z.literal(401) }).safeParse(refused).success
    })
  })

  it('exchanges what another agent delegated, and can do that and no more', async () => {
    const helper = await world.acme.enrol()
    const handedOver = await agent.session.delegate({
      to: helper.id,
      authorizations: [{ type: 'writ_tool', connections: ['tools'], tools: ['lookup_*'] }],
    })
    const own = await discovered(helper)
    const DPoP = client.getDPoPHandle(own, await client.randomDPoPKeyPair('ES256'))
    const tokens = await client.genericGrantRequest(
      own,
      'urn:ietf:params:oauth:grant-type:token-exchange',
      { subject_token: handedOver, subject_token_type: 'urn:writ:params:oauth:token-type:delegation' },
      { DPoP },
    )
    expect(tokens['issued_token_type']).toBe('urn:ietf:params:oauth:token-type:access_token')
    const { act, sub } = claimsOf(tokens.access_token)
    expect([act, sub]).toEqual([{ sub: helper.id, act: { sub: agent.id } }, world.acme.human.id])
    expect((await callGateway(tokens.access_token, DPoP)).status).toBe(200)
    await expect(callGateway(tokens.access_token, DPoP, 'send_email')).rejects.toMatchObject({ status: 403 })
  })

  it('waits for a human at another device', async () => {
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
    const device = await client.initiateDeviceAuthorization(config, { scope: 'mcp' })
    const { browser, human } = await signedIn()
    const page = await browser.visit(device.verification_uri_complete ?? '')
    await browser.submit(page, { decision: 'allow' })
    const tokens = await client.pollDeviceAuthorizationGrant(config, device, undefined, { DPoP })
    expect(claimsOf(tokens.access_token).sub).toBe(human)
    expect((await callGateway(tokens.access_token, DPoP)).status).toBe(200)
  }, 30_000)
})

/** A human's browser, by a link of the operator. */
async function signedIn(): Promise<{ browser: Browser; human: string }> {
  const made = await fetch(`${world.platform.controlPlaneUrl}/api/v1/tenants/acme/owner-links`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${world.platform.secrets.operatorKey}`,
      'content-type': 'application/json',
    },
    body: '{}',
  })
  const { url, human } = OwnerLink.parse(await made.json())
  const browser = new Browser()
  await browser.submit(await browser.visit(url))
  return { browser, human }
}

const resource = async (
  change: (headers: { authorization: string; dpop: string }) => object = (same) => same,
) => {
  const headers = await agent.session.sign({ verb: 'POST', url: agent.url })
  return new Request(agent.url, { method: 'POST', headers: { ...change(headers) } })
}
const judge = async (request: Request, audience: string) => {
  const as = await oauth.processDiscoveryResponse(
    new URL(issuer()),
    await oauth.discoveryRequest(new URL(issuer()), {
      algorithm: 'oauth2',
      [oauth.allowInsecureRequests]: true,
    }),
  )
  return oauth.validateJwtAccessToken(as, request, audience, {
    requireDPoP: true,
    [oauth.allowInsecureRequests]: true,
  })
}
const audience = () => `${world.platform.gatewayUrls[0]}/acme`

describe('oauth4webapi, as a second opinion on our tokens', () => {
  it('takes a token with the proof that our library signs', async () => {
    const claims = await judge(await resource(), audience())
    expect(claims).toMatchObject({ iss: issuer(), client_id: agent.id, act: { sub: agent.id } })
  })

  it('refuses it for another audience, without its proof, and with the proof of another key', async () => {
    await expect(judge(await resource(), 'https://elsewhere.example')).rejects.toThrow()
    await expect(
      judge(await resource(({ authorization }) => ({ authorization })), audience()),
    ).rejects.toThrow()
    const other = await world.acme.enrol()
    const { dpop } = await other.session.sign({ verb: 'POST', url: agent.url })
    await expect(
      judge(await resource(({ authorization }) => ({ authorization, dpop })), audience()),
    ).rejects.toThrow()
  })
})
