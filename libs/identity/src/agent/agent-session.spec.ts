import { describe, expect, it } from '@jest/globals'
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { generateKeyPem, publicJwkOf } from '../keys.ts'
import { createAgentSession } from './agent-session.ts'
import { AuthorityError } from './authority-error.ts'
import { enrolAgent } from './enrol-agent.ts'
import type { AuthoritySettings } from './given-authority.suite.ts'
import { givenAuthority } from './given-authority.suite.ts'
import { signProof } from './sign-proof.ts'

function given(settings: AuthoritySettings = {}) {
  const authority = givenAuthority(settings)
  const session = createAgentSession(authority.settings)
  const tokenRequests = () => authority.log.filter(({ url }) => url === authority.TOKEN_ENDPOINT)
  const call = () => session.fetch(authority.RESOURCE, { method: 'POST', body: '{"jsonrpc":"2.0"}' })
  return { ...authority, session, tokenRequests, call }
}

describe('an agent session', () => {
  it('reaches a protected resource', async () => {
    const { session, RESOURCE, settings } = given()
    const response = await session.fetch(`${RESOURCE}?page=2`, { method: 'POST', body: 'hello' })
    expect(await response.json()).toEqual({ agent: settings.agentId, body: 'hello' })
  })

  it('asks for one token, however many calls begin at once', async () => {
    const { call, tokenRequests } = given()
    const responses = await Promise.all(Array.from({ length: 10 }, call))
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(tokenRequests()).toHaveLength(1)
  })

  it('signs a fresh proof for each call', async () => {
    const { call, log, RESOURCE } = given()
    await Promise.all([call(), call(), call()])
    const proofs = log.filter(({ url }) => url === RESOURCE).map(({ dpop }) => dpop)
    expect(new Set(proofs).size).toBe(3)
  })

  it('renews its token at 60 % of its life', async () => {
    const { session, clock, tokenRequests } = given()
    const first = await session.accessToken()
    clock.nowMs += 179_999
    expect(await session.accessToken()).toBe(first)
    clock.nowMs += 1
    expect(await session.accessToken()).not.toBe(first)
    expect(tokenRequests()).toHaveLength(2)
  })

  it('goes on with a living token while the authority is away', async () => {
    const { session, clock, state } = given()
    const first = await session.accessToken()
    state.isAway = true
    clock.nowMs += 200_000
    expect(await session.accessToken()).toBe(first)
    clock.nowMs += 100_000
    await expect(session.accessToken()).rejects.toThrow('fetch failed')
    state.isAway = false
    expect(await session.accessToken()).not.toBe(first)
  })

  it('answers a nonce challenge once, at the authority and at the gateway, each with a fresh proof', async () => {
    const { call, log } = given({ requiresNonce: true })
    expect((await call()).status).toBe(200)
    expect(log.map(({ status }) => status)).toEqual([400, 200, 401, 200])
    expect(new Set(log.map(({ dpop }) => dpop)).size).toBe(4)
  })

  it('remembers the nonce of each origin', async () => {
    const { call, log } = given({ requiresNonce: true })
    await call()
    log.length = 0
    await call()
    expect(log.map(({ status }) => status)).toEqual([200])
  })

  it('goes on when its clock jumps back by ten minutes', async () => {
    const { call, clock, log } = given()
    await call()
    log.length = 0
    clock.aheadMs = -600_000
    expect((await call()).status).toBe(200)
    expect((await call()).status).toBe(200)
    expect(log.map(({ status }) => status)).toEqual([401, 200, 200])
  })

  it('forgets a token that was refused', async () => {
    const { call, session, state, tokenRequests } = given()
    state.refusedTokens.add(`DPoP ${await session.accessToken()}`)
    expect((await call()).status).toBe(401)
    expect((await call()).status).toBe(200)
    expect(tokenRequests()).toHaveLength(2)
  })

  it('signs headers for a request that somebody else sends', async () => {
    const { session, ports, RESOURCE } = given()
    const body = new TextEncoder().encode('streamed')
    const headers = await session.sign({ verb: 'POST', url: RESOURCE, body })
    expect((await ports.fetch(RESOURCE, { method: 'POST', headers, body })).status).toBe(200)
  })

  it('says why the authority refused', async () => {
    const { settings } = given()
    const stranger = createAgentSession({ ...settings, identityKey: generateKeyPem().privateKey })
    const failure = await stranger.accessToken().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AuthorityError)
    expect(failure).toMatchObject({ status: 401, error: 'invalid_client' })
  })
})

describe('an enrolment', () => {
  it('proves the identity key under a nonce and learns who the agent is', async () => {
    const authority = givenAuthority({ requiresNonce: true })
    expect(await enrolAgent(order(authority, 'wen_good'))).toMatchObject({
      agentName: 'Scout',
      tenant: 'acme',
    })
    expect(authority.log.map(({ status }) => status)).toEqual([400, 200])
  })

  it('says why it was refused', async () => {
    const refused = enrolAgent(order(givenAuthority(), 'wen_spent'))
    await expect(refused).rejects.toMatchObject({ name: 'AuthorityError', status: 410, message: 'Gone' })
  })
})

const order = (authority: ReturnType<typeof givenAuthority>, token: string) => ({
  endpoint: authority.ENROL_ENDPOINT,
  token,
  identityKey: authority.identity.privateKey,
  ports: authority.ports,
})

describe('a proof', () => {
  it('is what another JOSE implementation verifies, and has neither query nor fragment in htu', async () => {
    const { privateKey } = generateKeyPem()
    const proof = signProof({
      key: privateKey,
      verb: 'GET',
      url: 'https://gw.example/acme?q=1#f',
      nowMs: 1_790_000_000_999,
      jti: 'jti-0001',
    })
    const jwk = publicJwkOf(privateKey)
    expect(decodeProtectedHeader(proof)).toEqual({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    const { payload } = await jwtVerify(proof, await importJWK({ ...jwk }, 'ES256'), { typ: 'dpop+jwt' })
    expect(payload).toEqual({
      jti: 'jti-0001',
      htm: 'GET',
      htu: 'https://gw.example/acme',
      iat: 1_790_000_000,
    })
  })
})
