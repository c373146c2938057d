import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { GRANT_TYPES, TOKEN_TYPES } from '@writ/contracts'
import {
  awaitDeviceGrant,
  createAgentSession,
  exchangeCode,
  exchangeToken,
  startDeviceGrant,
} from '@writ/identity'
import { agentPorts, enrolledAgent } from '../testing/agents.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { openedBundle } from '../testing/worlds.ts'
import {
  asking,
  claimsOf,
  CLIENT_CREDENTIALS,
  draftOf,
  issuerOf,
  newJti,
  provenBy,
  send,
} from './negative/draft.suite.ts'
import type { Draft } from './negative/draft.suite.ts'
import {
  begin,
  bindSubject,
  codeDraft,
  consent,
  delegationOf,
  deviceDraft,
  exchangeOf,
  givenStage,
  newKey,
  ownCredentials,
  REDIRECT,
} from './negative/stage.suite.ts'
import type { Stage } from './negative/stage.suite.ts'

jest.setTimeout(60_000)

let stage: Stage
let node: JoinedNode
let nowMs = Date.now()
let isFrozen = false

beforeAll(async () => {
  stage = await givenStage({ clock: { nowMs: () => (isFrozen ? nowMs : Date.now()) } })
  node = await joinedNode(stage.plane)
})
afterAll(() => stage?.close())

const READ_ONLY = JSON.stringify([{ type: 'writ_tool', tools: ['get_*'], classes: ['read.private'] }])
const ask = (method: string, path: string, body?: unknown) =>
  stage.plane.ask(method, `/api/v1/${path}`, { key: stage.key, ...(body !== undefined && { body }) })
const bundle = async () => (await openedBundle(node, stage.slug)).bundle
const renewal = (draft: Draft): Draft => {
  const { agent, slug } = stage
  return { ...draftOf(slug, agent, { sessionKey: draft.proofs[0]!.key, parameters: CLIENT_CREDENTIALS }) }
}

describe('an agent by its own credentials', () => {
  it('narrows its session for good, and each token further', async () => {
    const first = asking({ authorization_details: READ_ONLY })(ownCredentials(stage))
    const begun = await send(stage.plane, first)
    expect(begun.body.authorization_details).toEqual(JSON.parse(READ_ONLY))
    const renewed = claimsOf(await send(stage.plane, renewal(first)))
    expect(renewed.authorization_details).toEqual(JSON.parse(READ_ONLY))
    const narrower = JSON.stringify([{ type: 'writ_tool', tools: ['get_one'], classes: ['read.private'] }])
    const less = await send(stage.plane, asking({ authorization_details: narrower })(renewal(first)))
    expect(claimsOf(less).authorization_details).toEqual(JSON.parse(narrower))
    const wider = JSON.stringify([{ type: 'writ_tool', tools: ['*'], classes: ['read.private'] }])
    const more = await send(stage.plane, asking({ authorization_details: wider })(renewal(first)))
    expect([more.status, more.error]).toEqual([400, 'invalid_authorization_details'])
  })
})

describe('a delegation', () => {
  it('lets a sub-agent act within the session that delegates, in its line', async () => {
    const { agent, other, slug, plane } = stage
    const parent = await begin(stage, agent, { slug, parameters: { authorization_details: READ_ONLY } })
    const delegation = delegationOf(slug, parent.key, { from: agent.id, to: other.id })
    const got = await send(plane, exchangeOf(slug, other, { delegation }))
    expect(got.body).toMatchObject({ issued_token_type: TOKEN_TYPES.accessToken, token_type: 'DPoP' })
    expect(claimsOf(got)).toMatchObject({
      sub: agent.human,
      client_id: other.id,
      act: { sub: other.id, act: { sub: agent.id } },
      psid: parent.sid,
      authorization_details: JSON.parse(READ_ONLY),
    })
  })

  it('ends with the session that delegated, at the authority and in the bundle', async () => {
    const { agent, other, slug, plane } = stage
    const parent = await begin(stage, agent, { slug })
    const sessionKey = newKey()
    const delegation = delegationOf(slug, parent.key, { from: agent.id, to: other.id })
    const child = claimsOf(await send(plane, exchangeOf(slug, other, { delegation, sessionKey })))
    const again = () => send(plane, draftOf(slug, other, { sessionKey, parameters: CLIENT_CREDENTIALS }))
    expect(claimsOf(await again()).sid).toBe(child.sid)
    expect((await ask('DELETE', `sessions/${parent.sid}`)).status).toBe(204)
    expect((await again()).error).toBe('invalid_grant')
    expect((await bundle()).revokedSessions).toEqual(expect.arrayContaining([parent.sid, child.sid]))
  })

  it('ends with the agent that delegated', async () => {
    const { other, slug, plane, key } = stage
    const agent = await enrolledAgent(plane, slug, key)
    const parent = await begin(stage, agent, { slug })
    const delegation = delegationOf(slug, parent.key, { from: agent.id, to: other.id })
    const child = claimsOf(await send(plane, exchangeOf(slug, other, { delegation })))
    await ask('POST', `agents/${agent.id}/revoke`)
    expect((await bundle()).revokedSessions).toContain(child.sid)
  })

  it('goes through four agents and no further', async () => {
    const { slug, plane, key } = stage
    const agents = await Promise.all(Array.from({ length: 5 }, () => enrolledAgent(plane, slug, key)))
    let session = await begin(stage, agents[0]!, { slug })
    const sids = [session.sid]
    for (const [index, to] of agents.slice(1).entries()) {
      const delegation = delegationOf(slug, session.key, { from: agents[index]!.id, to: to.id })
      const sessionKey = newKey()
      const got = await send(plane, exchangeOf(slug, to, { delegation, sessionKey }))
      expect([index, got.status]).toEqual([index, index < 3 ? 200 : 400])
      if (index === 2) expect(claimsOf(got).psids).toEqual(sids.toReversed().slice(1))
      if (index < 3) sids.push(claimsOf(got).sid)
      session = { ...session, key: sessionKey }
    }
  })

  it('is what the agent library signs and exchanges', async () => {
    const { agent, other, slug, plane } = stage
    const ports = agentPorts(plane)
    const orderOf = (who: typeof agent) => ({
      issuer: issuerOf(slug),
      tokenEndpoint: `${issuerOf(slug)}/token`,
      agentId: who.id,
      identityKey: who.identityKey,
      sessionKey: newKey(),
    })
    const parent = createAgentSession({ ...orderOf(agent), ports })
    const token = await parent.delegate({
      to: other.id,
      authorizations: [{ type: 'writ_tool', connections: ['crm'] }],
    })
    const order = orderOf(other)
    const answer = await exchangeToken(order, { kind: 'delegation', token }, ports)
    expect(answer.authorization_details).toEqual([{ type: 'writ_tool', connections: ['crm'] }])
    const child = createAgentSession({ ...order, ports })
    expect(await child.accessToken()).toMatch(/^ey/)
  })
})

const idToken = (claims: object = {}) => {
  const now = Math.floor(Date.now() / 1000)
  return stage.idp.sign({ iss: stage.idp.issuer, aud: stage.clientId, iat: now, exp: now + 300, ...claims })
}

const exchange = async (subjectToken: string, agent = stage.agent) =>
  draftOf(stage.slug, agent, {
    sessionKey: newKey(),
    parameters: {
      grant_type: GRANT_TYPES.tokenExchange,
      subject_token_type: TOKEN_TYPES.idToken,
      subject_token: subjectToken,
    },
  })

describe('an ID token of the tenant', () => {
  it('lets an agent act for its owner at once, and says when they signed in', async () => {
    await bindSubject(stage, stage.agent.human, 'owner-of-agent')
    const authTime = Math.floor(Date.now() / 1000) - 100
    const token = await idToken({ sub: 'owner-of-agent', auth_time: authTime, amr: ['pwd', 'otp'] })
    const got = await send(stage.plane, await exchange(token))
    expect(claimsOf(got)).toMatchObject({ sub: stage.agent.human, auth_time: authTime, amr: ['pwd', 'otp'] })
  })

  it('lets an agent act for somebody else only once they have let it, and no further', async () => {
    await bindSubject(stage, stage.human, 'somebody-else')
    const agent = await enrolledAgent(stage.plane, stage.slug, stage.key)
    const before = await send(stage.plane, await exchange(await idToken({ sub: 'somebody-else' }), agent))
    expect([before.status, before.error]).toEqual([400, 'invalid_request'])
    await consent(stage, agent, { verifier: newJti(), parameters: { authorization_details: READ_ONLY } })
    const draft = await exchange(await idToken({ sub: 'somebody-else' }), agent)
    const got = await send(stage.plane, draft)
    expect(claimsOf(got)).toMatchObject({ sub: stage.human, authorization_details: JSON.parse(READ_ONLY) })
    const grants = await ask('GET', 'grants')
    const grant = grants.body.items.find((one: { agent: string }) => one.agent === agent.id)
    expect((await ask('POST', `grants/${grant.id}/revoke`)).body.revokedAt).toEqual(expect.any(String))
    const over = draftOf(stage.slug, agent, {
      sessionKey: draft.proofs[0]!.key,
      parameters: CLIENT_CREDENTIALS,
    })
    expect((await send(stage.plane, over)).error).toBe('invalid_grant')
    expect((await bundle()).revokedSessions).toContain(claimsOf(got).sid)
  })
})

async function visit(changes: Readonly<Record<string, string>>) {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: stage.agent.id,
    redirect_uri: REDIRECT,
    code_challenge: 'A'.repeat(43),
    code_challenge_method: 'S256',
    ...changes,
  })
  stage.browser.stopBefore = REDIRECT
  return stage.browser.visit(`${issuerOf(stage.slug)}/authorize?${query}`)
}

describe('a human at the authorization endpoint', () => {
  it('sees which agent asks for what, and sends a code that names the issuer back', async () => {
    const { browser, slug, agent } = stage
    const verifier = randomBytes(32).toString('base64url')
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: agent.id,
      redirect_uri: REDIRECT,
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
      authorization_details: READ_ONLY,
    })
    const page = await browser.visit(`${issuerOf(slug)}/authorize?${query}`)
    expect(page.status).toBe(200)
    for (const shown of [agent.id, slug, 'get_*', 'read.private', '127.0.0.1:43110'])
      expect(page.text).toContain(shown)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("form-action 'self' http://127.0.0.1:43110")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(page.text).not.toContain('<script')
    const answered = await consent(stage, agent, { verifier })
    expect(answered.origin + answered.pathname).toBe(REDIRECT)
    expect(Object.fromEntries(answered.searchParams)).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: 'state-of-the-spec',
      iss: issuerOf(slug),
    })
  })

  it('lets an agent that is not theirs act for them, on a session that says when they signed in', async () => {
    const draft = await codeDraft(stage)
    const got = await send(stage.plane, draft)
    expect(claimsOf(got)).toMatchObject({ sub: stage.human, amr: ['otp'], auth_time: expect.any(Number) })
    const renewed = claimsOf(await send(stage.plane, renewal(draft)))
    expect([renewed.sub, renewed.sid]).toEqual([stage.human, claimsOf(got).sid])
  })

  it('binds the session to the resources that were asked for', async () => {
    const resource = `http://127.0.0.1:7410/${stage.slug}/crm/mcp`
    const draft = await codeDraft(stage, { parameters: { resource } })
    expect(claimsOf(await send(stage.plane, draft)).aud).toEqual([resource])
    expect(claimsOf(await send(stage.plane, renewal(draft))).aud).toEqual([resource])
    const other = `http://127.0.0.1:7410/${stage.slug}/git/mcp`
    expect((await send(stage.plane, asking({ resource: other })(renewal(draft)))).error).toBe(
      'invalid_target',
    )
  })

  it('who comes twice with one code ends what the first got', async () => {
    const draft = await codeDraft(stage)
    const { sid } = claimsOf(await send(stage.plane, draft))
    const { agent, slug } = stage
    const parameters = Object.fromEntries(draft.parameters)
    const again = await send(stage.plane, draftOf(slug, agent, { sessionKey: newKey(), parameters }))
    expect([again.status, again.error]).toEqual([400, 'invalid_grant'])
    const { version, revokedSessions } = await bundle()
    expect(revokedSessions).toContain(sid)
    const third = await send(stage.plane, draftOf(slug, agent, { sessionKey: newKey(), parameters }))
    expect([third.error, (await bundle()).version]).toEqual(['invalid_grant', version])
  })

  it('is asked to sign in first, and comes back', async () => {
    const path = `/t/${stage.slug}/oauth/authorize?client_id=${stage.agent.id}`
    const answer = await fetch(`${stage.plane.url}${path}`, { redirect: 'manual' })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe(`/t/${stage.slug}/sign-in?return=${encodeURIComponent(path)}`)
  })

  it.each([
    ['an agent that is none', { client_id: `agt_${'0'.repeat(26)}` }],
    ['a foreign agent', () => ({ client_id: stage.foreign.id })],
    ['another host', { redirect_uri: 'http://192.0.2.1/callback' }],
    ['a name instead of an address', { redirect_uri: 'http://localhost:43110/callback' }],
    ['https elsewhere', { redirect_uri: 'https://127.0.0.1.evil.example/callback' }],
    ['user information in the address', { redirect_uri: 'http://127.0.0.1:80@evil.example/' }],
    ['a fragment', { redirect_uri: `${REDIRECT}#x` }],
    ['a query', { redirect_uri: `${REDIRECT}?x=1` }],
    ['no port', { redirect_uri: 'http://127.0.0.1/callback' }],
    ['another scheme', { redirect_uri: 'javascript:alert(1)' }],
    ['a long state', { state: 'x'.repeat(513) }],
  ])('is not sent on for %s', async (_, changes) => {
    const page = await visit(typeof changes === 'function' ? changes() : changes)
    expect([page.status, page.headers.get('location')]).toEqual([400, null])
    expect(page.text).not.toContain('<form')
  })

  it.each([
    ['no challenge', { code_challenge: '' }, 'invalid_request'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge that is no hash', { code_challenge: 'short' }, 'invalid_request'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['another scope', { scope: 'everything' }, 'invalid_scope'],
    ['a request object', { request: 'ey' }, 'invalid_request'],
    ['A07 a pushed request', { request_uri: 'urn:x' }, 'invalid_request'],
    ['a foreign resource', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    ['details of another type', { authorization_details: '[{"type":"x"}]' }, 'invalid_authorization_details'],
  ])('is sent back with an error for %s', async (_, changes, error) => {
    const page = await visit(changes)
    const back = new URL(page.headers.get('location') ?? 'http://none')
    expect([page.status, back.origin + back.pathname]).toEqual([303, REDIRECT])
    expect(back.searchParams.get('error')).toBe(error)
    expect([back.searchParams.get('iss'), back.searchParams.get('code')]).toEqual([
      issuerOf(stage.slug),
      null,
    ])
  })

  it('decides nothing by a form of another site, of another session, or without its token', async () => {
    const { browser, slug, agent } = stage
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: agent.id,
      redirect_uri: REDIRECT,
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    })
    const page = await browser.visit(`${issuerOf(slug)}/authorize?${query}`)
    const [, token = ''] = /name="form" value="([^"]+)"/.exec(page.text) ?? []
    const post = (headers: Record<string, string>, form: string) =>
      browser.visit(page.url.href.split('?')[0] ?? '', {
        method: 'POST',
        headers,
        body: new URLSearchParams({ form, request: `?${query}`, decision: 'allow' }),
      })
    const own = { origin: page.url.origin, 'sec-fetch-site': 'same-origin' }
    for (const shown of [
      await post({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, token),
      await post({}, token),
      await post(own, 'x'.repeat(43)),
      await post(own, ''),
    ])
      expect([shown.status, shown.headers.get('location')]).toEqual([403, null])
    expect((await post(own, token)).headers.get('location')).toContain('code=')
  })

  it('who says no sends no code back', async () => {
    const { browser, slug, agent } = stage
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: agent.id,
      redirect_uri: REDIRECT,
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    })
    const page = await browser.visit(`${issuerOf(slug)}/authorize?${query}`)
    const back = new URL((await browser.submit(page, { decision: 'deny' })).headers.get('location') ?? '')
    expect([back.searchParams.get('error'), back.searchParams.get('code')]).toEqual(['access_denied', null])
  })
})

describe('a device', () => {
  it('gets a session once the human has typed its code and said yes', async () => {
    const got = await send(stage.plane, await deviceDraft(stage))
    expect(claimsOf(got)).toMatchObject({ sub: stage.human, client_id: stage.agent.id, amr: ['otp'] })
  })

  it('waits, and slows down when it asks too often', async () => {
    isFrozen = true
    nowMs = Date.now()
    try {
      const draft = await deviceDraft(stage, { decision: null })
      const { agent, slug } = stage
      const poll = () => {
        const fresh = draftOf(slug, agent, {
          sessionKey: draft.proofs[0]!.key,
          parameters: Object.fromEntries(draft.parameters),
          atMs: nowMs,
        })
        return send(stage.plane, fresh)
      }
      expect((await poll()).error).toBe('authorization_pending')
      const slow = await poll()
      expect([slow.status, slow.error]).toEqual([400, 'slow_down'])
      nowMs += 9_000
      expect((await poll()).error).toBe('slow_down')
      nowMs += 20_000
      expect((await poll()).error).toBe('authorization_pending')
      nowMs += 600_000
      expect((await poll()).error).toBe('expired_token')
    } finally {
      isFrozen = false
    }
  })

  it('is told when the human said no', async () => {
    const got = await send(stage.plane, await deviceDraft(stage, { decision: 'deny' }))
    expect([got.status, got.error]).toEqual([400, 'access_denied'])
  })

  it('may ask without a proof, and binds the session to the key that it shows for the token', async () => {
    const draft = await deviceDraft(stage, { bound: false })
    expect((await send(stage.plane, draft)).status).toBe(200)
  })

  it('is not found by a code that nobody has, whatever its form', async () => {
    for (const typed of ['BBBB-BBBB', '', 'x', '<script>'])
      expect([
        typed,
        (await stage.browser.visit(`${issuerOf(stage.slug)}/device?user_code=${typed}`)).status,
      ]).toEqual([typed, 404])
  })

  it('cannot be used with another key than the one that asked', async () => {
    const draft = await deviceDraft(stage)
    expect((await send(stage.plane, provenBy(newKey())(draft))).error).toBe('invalid_grant')
    expect((await send(stage.plane, draft)).status).toBe(200)
  })
})

const newOrder = () => ({
  issuer: issuerOf(stage.slug),
  tokenEndpoint: `${issuerOf(stage.slug)}/token`,
  agentId: stage.agent.id,
  identityKey: stage.agent.identityKey,
  sessionKey: newKey(),
})

describe('the agent library', () => {
  it('waits for the human at a device, and goes on with the session', async () => {
    const ports = agentPorts(stage.plane)
    const order = newOrder()
    const deviceEndpoint = `${issuerOf(stage.slug)}/device_authorization`
    const device = await startDeviceGrant(
      { ...order, deviceEndpoint, authorizations: JSON.parse(READ_ONLY) },
      ports,
    )
    let waits = 0
    const sleepMs = async () => {
      waits += 1
      if (waits < 2) return
      const page = await stage.browser.visit(device.verification_uri_complete)
      await stage.browser.submit(page, { decision: 'allow' })
    }
    const answer = await awaitDeviceGrant(order, device, { ...ports, sleepMs })
    expect(waits).toBe(2)
    expect(answer.authorization_details).toEqual(JSON.parse(READ_ONLY))
    const session = createAgentSession({ ...order, ports })
    expect(await session.accessToken()).toMatch(/^ey/)
  })

  it('says that the human said no', async () => {
    const ports = agentPorts(stage.plane)
    const order = newOrder()
    const deviceEndpoint = `${issuerOf(stage.slug)}/device_authorization`
    const device = await startDeviceGrant({ ...order, deviceEndpoint }, ports)
    const sleepMs = async () => {
      const page = await stage.browser.visit(device.verification_uri_complete)
      await stage.browser.submit(page, { decision: 'deny' })
    }
    await expect(awaitDeviceGrant(order, device, { ...ports, sleepMs })).rejects.toMatchObject({
      error: 'access_denied',
    })
  })

  it('uses the code that came to its loopback address', async () => {
    const verifier = randomBytes(32).toString('base64url')
    const answered = await consent(stage, stage.agent, { verifier })
    const given = {
      code: answered.searchParams.get('code') ?? '',
      redirectUri: REDIRECT,
      codeVerifier: verifier,
    }
    const order = newOrder()
    const ports = agentPorts(stage.plane)
    expect((await exchangeCode(order, given, ports)).token_type).toBe('DPoP')
    await expect(exchangeCode({ ...order, sessionKey: newKey() }, given, ports)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })
})
