import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { generateKeyPem } from '@writ/identity'
import { enrolledAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { newestBundle } from '../testing/worlds.ts'
import { asking, claimsOf, CLIENT_CREDENTIALS, draftOf, issuerOf, send } from './negative/draft.suite.ts'
import type { Draft } from './negative/draft.suite.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let acme: { slug: string; key: string }
let beta: { slug: string; key: string }
let agent: EnrolledAgent
let nowMs = Date.now()

beforeAll(async () => {
  nowMs = Date.now()
  plane = await givenControlPlane({ clock: { nowMs: () => nowMs } })
  acme = await newTenant()
  beta = await newTenant()
  agent = await enrolledAgent(plane, acme.slug, acme.key)
})
afterAll(() => plane?.close())

async function newTenant() {
  const { tenant, ownerKey } = await plane.newTenant()
  return { slug: tenant.slug, key: ownerKey.key }
}

const tokenRequest = (client = agent): Draft =>
  draftOf(acme.slug, client, {
    sessionKey: generateKeyPem().privateKey,
    parameters: CLIENT_CREDENTIALS,
    atMs: nowMs,
  })
const issue = async (client = agent) => {
  const got = await send(plane, tokenRequest(client))
  return { token: String(got.body.access_token), claims: claimsOf(got) }
}
const ask = (method: string, path: string, body?: unknown, key = acme.key) =>
  plane.ask(method, `/api/v1/${path}`, { key, ...(body !== undefined && { body }) })
const bundle = () => newestBundle(plane, acme.slug)

/** An agent's request at an endpoint that needs no proof. */
const revoke = (token: string, client = agent) => {
  const parameters = { token }
  const draft = draftOf(acme.slug, client, {
    sessionKey: generateKeyPem().privateKey,
    parameters,
    endpoint: 'revoke',
    atMs: nowMs,
  })
  return send(plane, { ...draft, proofs: [] })
}

const introspect = async (token: string, { key = acme.key, slug = acme.slug } = {}) =>
  plane.ask('POST', `/t/${slug}/oauth/introspect`, {
    key,
    body: new URLSearchParams({ token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

describe('a token that its agent gives up', () => {
  it('is named in the bundle, alone, and inactive', async () => {
    const [given, kept] = [await issue(), await issue()]
    const answer = await revoke(given.token)
    expect([answer.status, answer.body]).toEqual([200, null])
    const { revokedTokens } = await bundle()
    expect(revokedTokens).toContain(given.claims.jti)
    expect(revokedTokens).not.toContain(kept.claims.jti)
    expect((await introspect(given.token)).body).toEqual({ active: false })
    expect((await introspect(kept.token)).body).toMatchObject({ active: true })
    expect((await revoke(given.token)).status).toBe(200)
  })

  it('is forgotten once it would have ended anyway', async () => {
    const given = await issue()
    await revoke(given.token)
    nowMs += 301_000
    await revoke((await issue()).token)
    expect((await bundle()).revokedTokens).not.toContain(given.claims.jti)
  })

  it('is its own: another agent gives up nothing, and what is no token is given up already', async () => {
    const other = await enrolledAgent(plane, acme.slug, acme.key)
    const given = await issue()
    const foreign = await revoke(given.token, other)
    expect([foreign.status, foreign.error]).toEqual([400, 'invalid_grant'])
    expect((await introspect(given.token)).body.active).toBe(true)
    for (const nothing of ['x', given.token.slice(0, -4), 'a.b.c'])
      expect((await revoke(nothing)).status).toBe(200)
  })

  it('takes an authenticated agent', async () => {
    const { token } = await issue()
    const draft = draftOf(acme.slug, agent, {
      sessionKey: generateKeyPem().privateKey,
      parameters: { token },
      endpoint: 'revoke',
      atMs: nowMs,
    })
    const stranger = {
      ...draft,
      assertion: draft.assertion && { ...draft.assertion, key: generateKeyPem().privateKey },
    }
    expect((await send(plane, stranger)).error).toBe('invalid_client')
    expect((await send(plane, { ...draft, assertion: null })).error).toBe('invalid_request')
    expect((await introspect(token)).body.active).toBe(true)
  })

  it('fills no bundle: there are so many of one agent', async () => {
    const busy = await enrolledAgent(plane, acme.slug, acme.key)
    for (let count = 0; count < 20; count += 1)
      expect((await revoke((await issue(busy)).token, busy)).status).toBe(200)
    const more = await revoke((await issue(busy)).token, busy)
    expect([more.status, more.error]).toEqual([429, 'slow_down'])
  })
})

describe('the tokens that all agents of one human give up', () => {
  it('fill no bundle either', async () => {
    const [one, another] = [agent, await enrolledAgent(plane, acme.slug, acme.key, agent.human)]
    const other = await enrolledAgent(plane, acme.slug, acme.key)
    await plane.query(
      `insert into writ.revoked_tokens (tenant_id, jti, agent_id, expires_at)
       select tenant_id, 'given-up-' || number, id, to_timestamp(${nowMs / 1000 + 200}) from writ.agents, generate_series(1, 500) number where id = $1`,
      [one.id],
    )
    const more = await revoke((await issue(another)).token, another)
    expect([more.status, more.error]).toEqual([429, 'slow_down'])
    expect((await revoke((await issue(other)).token, other)).status).toBe(200)
    nowMs += 300_001
    expect((await revoke((await issue(another)).token, another)).status).toBe(200)
  })
})

describe('a token that an admin revokes by its id', () => {
  it('is named in the bundle', async () => {
    const { claims } = await issue()
    expect((await ask('POST', 'tokens/revoke', { jti: claims.jti })).status).toBe(204)
    expect((await bundle()).revokedTokens).toContain(claims.jti)
  })

  it('is not for a developer to name: nobody knows whose it is', async () => {
    const { body } = await ask('POST', 'api-keys', { name: 'dev', role: 'developer', human: agent.human })
    const { claims } = await issue()
    expect((await ask('POST', 'tokens/revoke', { jti: claims.jti }, body.key)).status).toBe(404)
    expect((await bundle()).revokedTokens).not.toContain(claims.jti)
  })

  it('fills no bundle: there are so many at a time', async () => {
    const named = (number: number) => ask('POST', 'tokens/revoke', { jti: `token-${number}` }, beta.key)
    await plane.query(`insert into writ.revoked_tokens (tenant_id, jti, expires_at)
      select id, 'token-' || number, to_timestamp(${nowMs / 1000 + 300}) from writ.tenants, generate_series(1, 499) number
       where slug = '${beta.slug}'`)
    const [last, more] = [await named(500), await named(501)]
    expect([last.status, more.status, more.headers.get('retry-after')]).toEqual([204, 429, '300'])
    nowMs += 300_001
    expect((await named(502)).status).toBe(204)
  })
})

describe('introspection', () => {
  it('says what a token says, and only to the admins of its tenant', async () => {
    const { token, claims } = await issue()
    const answer = await introspect(token)
    expect(answer.body).toEqual({ active: true, token_type: 'DPoP', ...claims })
    expect((await introspect(token, { key: beta.key })).status).toBe(404)
    expect((await introspect(token, { key: beta.key, slug: beta.slug })).body).toEqual({ active: false })
    expect((await introspect(token, { key: 'wak_nobody' })).status).toBe(401)
  })

  it.each<[string, (mine: EnrolledAgent, sid: string) => Promise<unknown>]>([
    ['its session ended', (_, sid) => ask('DELETE', `sessions/${sid}`)],
    ['its agent was suspended', (mine) => ask('POST', `agents/${mine.id}/suspend`)],
    [
      'its agent was suspended for a while',
      async (mine) => {
        await ask('POST', `agents/${mine.id}/suspend`)
        await ask('POST', `agents/${mine.id}/resume`)
      },
    ],
    ['its agent was revoked', (mine) => ask('POST', `agents/${mine.id}/revoke`)],
    ['its human was suspended', (mine) => ask('POST', `humans/${mine.human}/suspend`)],
    ['five minutes passed', async () => (nowMs += 300_001)],
  ])('says nothing once %s', async (_, happens) => {
    const mine = await enrolledAgent(plane, acme.slug, acme.key)
    const { token, claims } = await issue(mine)
    expect((await introspect(token)).body.active).toBe(true)
    await happens(mine, claims.sid)
    expect((await introspect(token)).body).toEqual({ active: false })
  })
})

const jwks = async () =>
  (await plane.ask('GET', `/t/${acme.slug}/oauth/jwks`)).body.keys.map(({ kid }: { kid: string }) => kid)

const kidOf = async () =>
  JSON.parse(Buffer.from((await issue()).token.split('.')[0] ?? '', 'base64url').toString()).kid

const inBundle = async () => (await bundle()).issuerKeys.map(({ kid }) => kid)

describe('the keys of the authority', () => {
  it('are published ten minutes before use, and for as long as what they signed lives', async () => {
    const before = await kidOf()
    const rotated = await ask('POST', 'signing-keys/rotate', {})
    const [, fresh] = rotated.body.keys.map(({ kid }: { kid: string }) => kid)
    expect(await jwks()).toEqual([before, fresh])
    expect(await inBundle()).toEqual([before, fresh])
    expect(await kidOf()).toBe(before)
    nowMs += 600_000
    expect(await kidOf()).toBe(fresh)
    expect(await jwks()).toEqual([before, fresh])
    nowMs += 600_001
    expect(await jwks()).toEqual([fresh])
  })

  it('are replaced at once after a theft: nothing that the stolen one signed counts', async () => {
    const { token } = await issue()
    const before = await kidOf()
    await ask('POST', 'signing-keys/rotate', { when: 'now' })
    expect(await kidOf()).not.toBe(before)
    expect(await jwks()).not.toContain(before)
    expect(await inBundle()).not.toContain(before)
    expect((await introspect(token)).body).toEqual({ active: false })
  })

  it('rotate by themselves after a month, on record', async () => {
    const before = await jwks()
    nowMs += 31 * 24 * 3_600_000
    await issue()
    const after = await jwks()
    expect(after).toHaveLength(before.length + 1)
    await issue()
    expect(await jwks()).toEqual(after)
    const [event] = await plane.query<{ administration: { by: { kind: string } } }>(
      `select administration::jsonb as administration from writ.administration_events
       where administration::jsonb->'by'->>'kind' = 'platform'`,
    )
    expect(event?.administration.by.kind).toBe('platform')
  })

  it('rotate by themselves too where the clock was set forward for a while', async () => {
    nowMs += 3_600_000
    await issue()
    nowMs -= 3_600_000
    const before = await jwks()
    await plane.query(
      `update writ.signing_keys set use_after = use_after - interval '31 days' where tenant_id =
         (select id from writ.tenants where slug = $1)`,
      [acme.slug],
    )
    await issue()
    expect(await jwks()).toHaveLength(before.length + 1)
  })
})

describe('a connection that an admin suspends', () => {
  it('is switched off in the bundle, and on again', async () => {
    const made = await ask('POST', 'connections', {
      name: 'crm',
      url: 'http://127.0.0.1:9/mcp',
      credential: { kind: 'none' },
    })
    const standing = async () => (await bundle()).connections.find(({ id }) => id === made.body.id)?.suspended
    expect((await ask('POST', `connections/${made.body.id}/suspend`)).body.suspended).toBe(true)
    expect(await standing()).toBe(true)
    expect((await ask('POST', `connections/${made.body.id}/resume`)).body.suspended).toBe(false)
    expect(await standing()).toBe(false)
    expect((await ask('POST', `connections/${made.body.id}/suspend`, undefined, beta.key)).status).toBe(404)
  })
})

describe('the authority of a tenant', () => {
  it('names every endpoint that it serves', async () => {
    const { body } = await plane.ask('GET', `/.well-known/oauth-authorization-server/t/${acme.slug}/oauth`)
    expect(body.issuer).toBe(issuerOf(acme.slug))
    for (const [name, url] of Object.entries<string>(body)) {
      if (!/_(endpoint|uri)$/.test(name)) continue
      expect(url.startsWith(`${issuerOf(acme.slug)}/`)).toBe(true)
      const answers = await Promise.all(
        ['GET', 'POST'].map((method) => plane.ask(method, new URL(url).pathname)),
      )
      expect([name, answers.some(({ status }) => status !== 404)]).toEqual([name, true])
    }
  })

  it('says what a wider scope or a wrong grant is, whatever it is asked', async () => {
    const got = await send(plane, asking({ scope: 'openid' })(tokenRequest()))
    expect([got.status, got.error, got.headers['content-type']]).toEqual([
      400,
      'invalid_scope',
      'application/json',
    ])
  })
})
