import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CLIENT_ASSERTION_TYPE } from '@writ/contracts'
import {
  createAgentSession,
  generateKeyPem,
  signClientAssertion,
  signProof,
  thumbprintOf,
} from '@writ/identity'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { agentPorts, enrolledAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { GATEWAY, givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'

type World = { slug: string; key: string; agent: EnrolledAgent; issuer: string; endpoint: string }

let plane: ControlPlane
let acme: World
let beta: World

beforeAll(async () => {
  plane = await givenControlPlane()
  acme = await newWorld()
  beta = await newWorld()
})
afterAll(() => plane?.close())

async function newWorld(): Promise<World> {
  const { tenant, ownerKey } = await plane.newTenant()
  const agent = await enrolledAgent(plane, tenant.slug, ownerKey.key)
  const issuer = `${ORIGIN}/t/${tenant.slug}/oauth`
  return { slug: tenant.slug, key: ownerKey.key, agent, issuer, endpoint: `${issuer}/token` }
}

type Request = {
  slug: string
  agentId: string
  identityKey: KeyObject
  sessionKey: KeyObject
  audience: string
  endpoint: string
  assertionJti: string
  proofJti: string
  assertionAtMs: number
  proofAtMs: number
  form: Record<string, string>
  headers: Record<string, string>
}

const jti = () => randomBytes(16).toString('base64url')

/** A token request that is right, but for what is said otherwise. */
async function requestToken(changes: Partial<Request> = {}): Promise<Answer> {
  const nowMs = Date.now()
  const right: Request = {
    slug: acme.slug,
    agentId: acme.agent.id,
    identityKey: acme.agent.identityKey,
    sessionKey: generateKeyPem().privateKey,
    audience: acme.issuer,
    endpoint: acme.endpoint,
    assertionJti: jti(),
    proofJti: jti(),
    assertionAtMs: nowMs,
    proofAtMs: nowMs,
    form: {},
    headers: {},
  }
  const sent = { ...right, ...changes }
  const assertion = signClientAssertion({
    key: sent.identityKey,
    agentId: sent.agentId,
    audience: sent.audience,
    nowMs: sent.assertionAtMs,
    jti: sent.assertionJti,
  })
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: CLIENT_ASSERTION_TYPE,
    client_assertion: assertion,
    ...sent.form,
  }
  const proof = signProof({
    key: sent.sessionKey,
    verb: 'POST',
    url: sent.endpoint,
    nowMs: sent.proofAtMs,
    jti: sent.proofJti,
  })
  return plane.ask('POST', `/t/${sent.slug}/oauth/token`, {
    body: new URLSearchParams(form).toString(),
    headers: withoutEmpty({
      'content-type': 'application/x-www-form-urlencoded',
      dpop: proof,
      ...sent.headers,
    }),
  })
}

const withoutEmpty = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))

describe('a right token request', () => {
  it('gets a token that is bound to the session key and names the human', async () => {
    const { privateKey, publicJwk } = generateKeyPem()
    const answer = await requestToken({ sessionKey: privateKey })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ token_type: 'DPoP', expires_in: 300 })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const jwks = await plane.ask('GET', `/t/${acme.slug}/oauth/jwks`)
    const { payload, protectedHeader } = await jwtVerify(
      answer.body.access_token,
      createLocalJWKSet(jwks.body),
      {
        issuer: acme.issuer,
        audience: `${GATEWAY}/${acme.slug}`,
        typ: 'at+jwt',
      },
    )
    expect(protectedHeader.kid).toMatch(/^ten_[0-9A-Z]{26}:1$/)
    expect(payload).toMatchObject({
      sub: acme.agent.human,
      client_id: acme.agent.id,
      act: { sub: acme.agent.id },
      epo: { t: 0, a: 0, h: 0 },
      cnf: { jkt: thumbprintOf(publicJwk) },
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300)
  })

  it('continues the session of the same session key, and begins another for another key', async () => {
    const sessionKey = generateKeyPem().privateKey
    const sessions = []
    for (const key of [sessionKey, sessionKey, generateKeyPem().privateKey]) {
      sessions.push(claimsOf(await requestToken({ sessionKey: key })).sid)
    }
    expect(sessions[0]).toBe(sessions[1])
    expect(sessions[2]).not.toBe(sessions[0])
  })

  it('may name the resources that it wants', async () => {
    const resource = `${GATEWAY}/${acme.slug}/crm/mcp`
    const answer = await requestToken({ form: { resource } })
    expect(claimsOf(answer).aud).toEqual([resource])
  })

  it('is what the agent side of identity sends', async () => {
    const session = createAgentSession({
      issuer: acme.issuer,
      tokenEndpoint: acme.endpoint,
      agentId: acme.agent.id,
      identityKey: acme.agent.identityKey,
      sessionKey: generateKeyPem().privateKey,
      ports: agentPorts(plane),
    })
    expect(await session.accessToken()).toMatch(/^ey/)
  })
})

const stranger = generateKeyPem().privateKey
type Case = [
  name: string,
  changes: () => Partial<Request> | Promise<Partial<Request>>,
  status: number,
  error: string,
]

const CASES: Case[] = [
  ['A01 has no proof', () => ({ headers: { dpop: '' } }), 400, 'invalid_request'],
  [
    'A05 has a proof for a gateway',
    () => ({ endpoint: `${GATEWAY}/${acme.slug}/crm/mcp` }),
    400,
    'invalid_dpop_proof',
  ],
  ['has a proof for another tenant', () => ({ endpoint: beta.endpoint }), 400, 'invalid_dpop_proof'],
  ['has an old proof', () => ({ proofAtMs: Date.now() - 3_600_000 }), 400, 'use_dpop_nonce'],
  ['A06 replays a proof', replayedProof, 400, 'invalid_dpop_proof'],
  ['A08 has an assertion for another issuer', () => ({ audience: beta.issuer }), 401, 'invalid_client'],
  ['A08 has an assertion for the token endpoint', () => ({ audience: acme.endpoint }), 401, 'invalid_client'],
  ['A08 has an assertion for a gateway', () => ({ audience: GATEWAY }), 401, 'invalid_client'],
  ['A08 replays an assertion', replayedAssertion, 401, 'invalid_client'],
  [
    'A08 has an assertion from the future',
    () => ({ assertionAtMs: Date.now() + 3_600_000 }),
    401,
    'invalid_client',
  ],
  ['has an expired assertion', () => ({ assertionAtMs: Date.now() - 3_600_000 }), 401, 'invalid_client'],
  [
    'A09 uses the identity key for the session',
    () => ({ sessionKey: acme.agent.identityKey }),
    400,
    'invalid_dpop_proof',
  ],
  ['is signed by a stranger', () => ({ identityKey: stranger }), 401, 'invalid_client'],
  [
    'is of an agent of another tenant',
    () => ({ agentId: beta.agent.id, identityKey: beta.agent.identityKey }),
    401,
    'invalid_client',
  ],
  ['is of an agent that nobody has', () => ({ agentId: `agt_${'0'.repeat(26)}` }), 401, 'invalid_client'],
  [
    'asks for a resource of another tenant',
    () => ({ form: { resource: `${GATEWAY}/${beta.slug}` } }),
    400,
    'invalid_target',
  ],
  [
    'asks for a resource elsewhere',
    () => ({ form: { resource: 'https://elsewhere.example/mcp' } }),
    400,
    'invalid_target',
  ],
  [
    'asks for a resource by a trick',
    () => ({ form: { resource: `${GATEWAY}/${acme.slug}/../${beta.slug}/mcp` } }),
    400,
    'invalid_target',
  ],
  ['asks for another grant', () => ({ form: { grant_type: 'password' } }), 400, 'unsupported_grant_type'],
  ['has another assertion type', () => ({ form: { client_assertion_type: 'x' } }), 400, 'invalid_request'],
  ['has no assertion', () => ({ form: { client_assertion: '' } }), 400, 'invalid_request'],
  ['has a JSON body', () => ({ headers: { 'content-type': 'application/json' } }), 400, ''],
]

async function replayedProof(): Promise<Partial<Request>> {
  const used = { proofJti: jti(), sessionKey: generateKeyPem().privateKey }
  expect((await requestToken(used)).status).toBe(200)
  return used
}

async function replayedAssertion(): Promise<Partial<Request>> {
  const used = { assertionJti: jti() }
  expect((await requestToken(used)).status).toBe(200)
  return used
}

const claimsOf = ({ body }: Answer) =>
  JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString('utf8'))

describe('a token request that', () => {
  it.each(CASES)('%s is refused', async (_, changes, status, error) => {
    const answer = await requestToken(await changes())
    expect([answer.status, answer.body.error ?? '']).toEqual([status, error])
    expect(answer.body.access_token).toBeUndefined()
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('was refused has used up neither its assertion nor its proof', async () => {
    const again = { assertionJti: jti(), proofJti: jti(), sessionKey: generateKeyPem().privateKey }
    expect((await requestToken({ ...again, identityKey: stranger })).status).toBe(401)
    expect((await requestToken(again)).status).toBe(200)
  })

  it('comes twenty times at once with one assertion is answered once', async () => {
    const once = { assertionJti: jti() }
    const answers = await Promise.all(Array.from({ length: 20 }, () => requestToken(once)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('comes of a revoked agent is refused, and its sessions are over', async () => {
    const agent = await enrolledAgent(plane, acme.slug, acme.key)
    const mine = { agentId: agent.id, identityKey: agent.identityKey }
    expect((await requestToken(mine)).status).toBe(200)
    await plane.ask('POST', `/api/v1/agents/${agent.id}/revoke`, { key: acme.key })
    const refused = await requestToken(mine)
    expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client'])
  })

  it('A23 comes by a crooked path finds no tenant', async () => {
    for (const slug of [`${acme.slug}%2f..%2f${beta.slug}`, acme.slug.toUpperCase(), '%00']) {
      expect([slug, (await requestToken({ slug })).status]).toEqual([slug, 404])
    }
  })
})

describe('the metadata of an authority', () => {
  it('stands at both well-known places and names what it serves', async () => {
    const [inserted, appended] = await Promise.all([
      plane.ask('GET', `/.well-known/oauth-authorization-server/t/${acme.slug}/oauth`),
      plane.ask('GET', `/t/${acme.slug}/oauth/.well-known/oauth-authorization-server`),
    ])
    expect(inserted.body).toEqual(appended.body)
    expect(inserted.body).toMatchObject({
      issuer: acme.issuer,
      token_endpoint: acme.endpoint,
      dpop_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    })
  })
})
