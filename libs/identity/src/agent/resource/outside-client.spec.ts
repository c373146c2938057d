import { describe, expect, it } from '@jest/globals'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { generateKeyPem } from '../../keys.ts'
import { givenServer } from './given-server.suite.ts'
import { createResourceSession } from './resource-session.ts'

const MESSAGE = { method: 'POST', body: '{"jsonrpc":"2.0"}' }
const form = (sent: { form: URLSearchParams } | undefined) => Object.fromEntries(sent?.form ?? [])

describe('a client that an authority knows', () => {
  it('proves itself by its key, to that authority alone', async () => {
    const outside = givenServer()
    const { privateKey: key, publicJwk } = generateKeyPem()
    const { browser: _none, ...settings } = outside.settings
    const client = { kind: 'key' as const, clientId: 'agt_1', key }
    const session = createResourceSession({ ...settings, client })
    expect((await session.fetch(outside.world.url, MESSAGE)).status).toBe(200)
    const sent = form(outside.asked('token')[0])
    expect(sent).toMatchObject({ grant_type: 'client_credentials', client_id: 'agt_1' })
    const keys = createLocalJWKSet({ keys: [{ ...publicJwk }] })
    const { payload } = await jwtVerify(sent['client_assertion'] ?? '', keys, {
      audience: 'https://id.example/acme',
      currentDate: new Date(1_790_000_000_000),
    })
    expect(payload).toMatchObject({ iss: 'agt_1', sub: 'agt_1' })
  })

  it('signs another assertion for each attempt', async () => {
    const outside = givenServer({ requiresNonce: true })
    const client = { kind: 'key' as const, clientId: 'agt_1', key: generateKeyPem().privateKey }
    await createResourceSession({ ...outside.settings, client }).fetch(outside.world.url, MESSAGE)
    const assertions = outside.asked('token').map((one) => decodeJwt(form(one)['client_assertion'] ?? '').jti)
    expect(new Set(assertions).size).toBe(2)
  })

  it('asks for one token for each call that a server refuses for ever', async () => {
    const { settings, world, asked, log } = givenServer()
    const { browser: _none, ...rest } = settings
    const client = { kind: 'key' as const, clientId: 'agt_1', key: generateKeyPem().privateKey }
    const deaf = async (to: string, init: RequestInit): Promise<Response> => {
      const answer = await settings.ports.fetch(to, init)
      if (log.length > 50) throw new Error('it goes on and on')
      return to === world.url ? new Response(null, { status: 401 }) : answer
    }
    const session = createResourceSession({ ...rest, client, ports: { ...settings.ports, fetch: deaf } })
    expect((await session.fetch(world.url, MESSAGE)).status).toBe(401)
    expect(asked('token')).toHaveLength(1)
    expect((await session.fetch(world.url, MESSAGE)).status).toBe(401)
    expect(asked('token')).toHaveLength(2)
  })

  it('tells its secret to no authority but the one that knows it', async () => {
    const outside = givenServer()
    const secret = { kind: 'secret' as const, clientId: 'me', secret: 'hush' }
    const elsewhere = { ...outside.settings, client: { ...secret, issuer: 'https://other.example' } }
    await expect(createResourceSession(elsewhere).fetch(outside.world.url, MESSAGE)).rejects.toThrow(
      'an authority that this client has no secret with',
    )
    expect(
      JSON.stringify(outside.log.map(({ form: sent, headers }) => [[...sent], [...headers]])),
    ).not.toContain('hush')
  })

  it.each([
    ['client_secret_basic', `Basic ${Buffer.from('me%3A:h%20ush').toString('base64')}`, {}],
    ['client_secret_post', null, { client_id: 'me:', client_secret: 'h ush' }],
  ])('uses %s where that is what the authority takes', async (method, authorization, members) => {
    const place = 'https://id.example/.well-known/oauth-authorization-server/acme'
    const issuer = 'https://id.example/acme'
    const documents = {
      [place]: { issuer, token_endpoint: `${issuer}/token`, token_endpoint_auth_methods_supported: [method] },
    }
    const outside = givenServer({ documents, knowsDpop: false, tokenType: 'Bearer' })
    const { browser: _none, ...settings } = outside.settings
    const client = { kind: 'secret' as const, clientId: 'me:', secret: 'h ush', issuer }
    await createResourceSession({ ...settings, client }).fetch(outside.world.url, MESSAGE)
    const sent = outside.asked('token')[0]
    expect(sent?.headers.get('authorization')).toBe(authorization)
    expect(form(sent)).toMatchObject(members)
    expect(form(sent)).toHaveProperty('grant_type', 'client_credentials')
  })

  it('is not known where it is registered nowhere', async () => {
    const { browser: _none, ...settings } = givenServer().settings
    await expect(createResourceSession(settings).fetch(settings.url, MESSAGE)).rejects.toThrow(
      'does not know this client',
    )
  })
})
