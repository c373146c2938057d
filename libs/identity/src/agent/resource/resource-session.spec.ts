import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { decodeJwt } from 'jose'
import { generateKeyPem, publicJwkOf, thumbprintOf } from '../../keys.ts'
import { AuthorityError } from '../authority-error.ts'
import type { OutsideWorld } from './given-server.suite.ts'
import { givenServer } from './given-server.suite.ts'
import type { ResourceSessionSettings } from './obtain-token.ts'
import { createResourceSession } from './resource-session.ts'

const MESSAGE = { method: 'POST', body: '{"jsonrpc":"2.0"}' }

function given(changes: Partial<OutsideWorld> = {}) {
  const outside = givenServer(changes)
  const { url } = outside.world
  const session = createResourceSession(outside.settings)
  const call = () => session.fetch(url, MESSAGE)
  return { ...outside, session, call, url }
}

const form = ({ form: sent }: { form: URLSearchParams } | undefined = { form: new URLSearchParams() }) =>
  Object.fromEntries(sent)

describe('a session at a server that names its authority', () => {
  it('asks a human once, and is served under a bound token from then on', async () => {
    const { call, asked, state, log, url } = given()
    expect(await (await call()).json()).toEqual({ token: 'token-1', body: MESSAGE.body })
    expect((await call()).status).toBe(200)
    expect([state.pages.length, asked('register').length, asked('token').length]).toEqual([1, 1, 1])
    const proofs = log.filter((one) => one.url === url).map(({ headers }) => headers.get('dpop'))
    expect(proofs[0]).toBeNull()
    expect(new Set(proofs).size).toBe(3)
  })

  it('asks for the resource, by PKCE, and for a code that only its session key can use', async () => {
    const { call, asked, state, url, settings } = given()
    await call()
    const page = Object.fromEntries(state.pages[0]?.searchParams ?? [])
    const sent = form(asked('token')[0])
    expect(page).toMatchObject({ response_type: 'code', client_id: 'registered', resource: url })
    expect(page['dpop_jkt']).toBe(thumbprintOf(publicJwkOf(settings.sessionKey)))
    expect(
      createHash('sha256')
        .update(sent['code_verifier'] ?? '')
        .digest('base64url'),
    ).toBe(page['code_challenge'])
    expect(sent).toMatchObject({ grant_type: 'authorization_code', code: 'good', resource: url })
  })

  it('asks for one token, however many calls are refused at once', async () => {
    const { call, state } = given()
    const responses = await Promise.all([call(), call(), call()])
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(state.pages).toHaveLength(1)
  })

  it('brings the nonces that authority and server ask for, each in a fresh proof', async () => {
    const { call, asked } = given({ requiresNonce: true })
    expect((await call()).status).toBe(200)
    expect(asked('token')).toHaveLength(2)
  })

  it('takes a token for anybody where nobody promised another', async () => {
    const { call, log, url } = given({ knowsDpop: false, tokenType: 'Bearer' })
    expect((await call()).status).toBe(200)
    const last = log.findLast((one) => one.url === url)
    expect([last?.headers.get('authorization'), last?.headers.has('dpop')]).toEqual(['Bearer token-1', false])
  })

  it('is talked down to a token for anybody by nobody', async () => {
    await expect(given({ tokenType: 'Bearer' }).call()).rejects.toThrow('not bound to this client')
    const silent = given({ knowsDpop: false, tokenType: 'Bearer', challenge: 'DPoP, Bearer' })
    await expect(silent.call()).rejects.toThrow('not bound to this client')
    expect(silent.log.filter(({ url }) => url === silent.url)).toHaveLength(1)
    const resource = { resource: silent.url, authorization_servers: [silent.world.issuer] }
    const place = 'https://tools.example/.well-known/oauth-protected-resource/acme/mcp'
    const documents = { [place]: { ...resource, dpop_bound_access_tokens_required: true } }
    const strict = given({ knowsDpop: false, tokenType: 'Bearer', documents })
    await expect(strict.call()).rejects.toThrow('not bound to this client')
  })

  it('is known by a published document where the authority looks it up, and registers elsewhere', async () => {
    const metadataUrl = 'https://writ.example/client.json'
    const place = 'https://id.example/.well-known/oauth-authorization-server/acme'
    const clientAt = async (looksUp: boolean) => {
      const outside = givenServer()
      const { documents, issuer, url } = outside.world
      const endpoints = ['authorization', 'token', 'registration'].map((name) => [
        `${name}_endpoint`,
        `${issuer}/${name === 'registration' ? 'register' : name}`,
      ])
      const code = {
        code_challenge_methods_supported: ['S256'],
        dpop_signing_alg_values_supported: ['ES256'],
      }
      const lookup = looksUp ? { client_id_metadata_document_supported: true } : {}
      documents[place] = { issuer, ...Object.fromEntries(endpoints), ...code, ...lookup }
      const client = { kind: 'unknown' as const, name: 'Scout', metadataUrl }
      await createResourceSession({ ...outside.settings, client }).fetch(url, MESSAGE)
      return outside.state.pages[0]?.searchParams.get('client_id')
    }
    expect(await clientAt(true)).toBe(metadataUrl)
    expect(await clientAt(false)).toBe('registered')
  })

  it('sends its token to no other server', async () => {
    const { call, session, log } = given()
    await call()
    const before = log.length
    await expect(session.fetch('https://evil.example/acme/mcp')).rejects.toThrow('for one server')
    expect(log).toHaveLength(before)
  })

  it('follows no redirect', async () => {
    const { settings, url } = given()
    const redirects: (string | undefined)[] = []
    const { ports } = settings
    const watched = {
      ...ports,
      fetch: (to: string, init: RequestInit) => {
        redirects.push(init.redirect)
        return ports.fetch(to, init)
      },
    }
    await createResourceSession({ ...settings, ports: watched }).fetch(url, MESSAGE)
    expect(new Set(redirects)).toEqual(new Set(['error']))
  })
})

describe('a token that no longer counts', () => {
  it('is renewed without the human', async () => {
    const { call, tokens, state, asked } = given({ refreshes: true })
    await call()
    tokens.delete('token-1')
    expect((await call()).status).toBe(200)
    expect(state.pages).toHaveLength(1)
    expect(form(asked('token')[1])).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'again-1' })
  })

  it('is asked of the human again where it cannot be renewed', async () => {
    const { call, tokens, state } = given()
    await call()
    tokens.delete('token-1')
    expect((await call()).status).toBe(200)
    expect(state.pages).toHaveLength(2)
  })

  it('is replaced once for all who hold it, however late one hears of it', async () => {
    const { settings, url, tokens, state } = given()
    const held: (() => void)[] = []
    const slow = {
      ...settings.ports,
      fetch: async (to: string, init: RequestInit) => {
        const response = await settings.ports.fetch(to, init)
        if (to === url && new Headers(init.headers).has('x-slow') && response.status === 401)
          await new Promise<void>((resolve) => held.push(resolve))
        return response
      },
    }
    const session = createResourceSession({ ...settings, ports: slow })
    await session.fetch(url, MESSAGE)
    tokens.clear()
    const late = session.fetch(url, { ...MESSAGE, headers: { 'x-slow': '1' } })
    while (held.length === 0) await new Promise(setImmediate)
    expect((await session.fetch(url, MESSAGE)).status).toBe(200)
    for (const release of held) release()
    expect((await late).status).toBe(200)
    expect(state.pages).toHaveLength(2)
  })

  it('is replaced once for a request, and the human then has a minute of rest', async () => {
    const { url, settings, state } = given()
    const clock = { nowMs: settings.ports.nowMs() }
    const deaf = createResourceSession({
      ...settings,
      ports: {
        ...settings.ports,
        nowMs: () => clock.nowMs,
        fetch: (to, init) =>
          to === url ? Promise.resolve(new Response(null, { status: 401 })) : settings.ports.fetch(to, init),
      },
    })
    const pagesAfter = async () => {
      expect((await deaf.fetch(url, MESSAGE)).status).toBe(401)
      return state.pages.length
    }
    expect([await pagesAfter(), await pagesAfter()]).toEqual([1, 1])
    clock.nowMs += 59_999
    expect(await pagesAfter()).toBe(1)
    clock.nowMs += 1
    expect(await pagesAfter()).toBe(2)
  })
})

describe('a server that moves to another authority', () => {
  const NEXT = 'https://next.example'
  const PLACE = 'https://tools.example/.well-known/oauth-protected-resource/acme/mcp'

  function moved(settingsOf: (settings: ResourceSessionSettings) => ResourceSessionSettings) {
    const outside = givenServer({ refreshes: true, challenge: 'DPoP scope="first"' })
    const { documents, url } = outside.world
    const session = createResourceSession(settingsOf(outside.settings))
    const move = () => {
      outside.tokens.clear()
      documents[PLACE] = { resource: url, authorization_servers: [NEXT] }
      documents[`${NEXT}/.well-known/oauth-authorization-server`] = {
        issuer: NEXT,
        authorization_endpoint: `${NEXT}/authorize`,
        token_endpoint: `${NEXT}/token`,
        registration_endpoint: `${NEXT}/register`,
        code_challenge_methods_supported: ['S256'],
      }
    }
    const told = () => outside.log.filter((one) => one.url.startsWith(NEXT) && [...one.form].length > 0)
    return { session, url, move, told }
  }

  it('has the agent register there, and tells it nothing of the one before', async () => {
    const { session, url, move, told } = moved((settings) => settings)
    await session.fetch(url, MESSAGE)
    move()
    await expect(session.fetch(url, MESSAGE)).rejects.toThrow('did not register')
    expect(told().map((one) => one.url)).toEqual([`${NEXT}/register`])
    expect(JSON.stringify(told().map((one) => [...one.form]))).not.toMatch(/registered|again-1|token-1/)
  })

  it('gives it an assertion for it alone, and not the refresh token of the one before', async () => {
    const client = { kind: 'key' as const, clientId: 'agt_1', key: generateKeyPem().privateKey }
    const { session, url, move, told } = moved(({ browser: _none, ...rest }) => ({ ...rest, client }))
    await session.fetch(url, MESSAGE)
    move()
    await expect(session.fetch(url, MESSAGE)).rejects.toBeInstanceOf(AuthorityError)
    const sent = told().map((one) => form(one))
    expect(sent.map(({ grant_type }) => grant_type)).toEqual(['client_credentials'])
    expect(decodeJwt(sent[0]?.['client_assertion'] ?? '').aud).toBe(NEXT)
    expect(JSON.stringify(sent)).not.toContain('again-1')
  })
})

describe('a scope that is missing', () => {
  it('is asked for besides what was given', async () => {
    const { call, state } = given({ challenge: 'DPoP scope="read"', refreshes: true })
    await call()
    state.required = 'write'
    expect((await call()).status).toBe(200)
    expect(state.pages.map(({ searchParams }) => searchParams.get('scope'))).toEqual(['read', 'read write'])
  })

  it('is not asked for twice', async () => {
    const { call, state, tokens } = given({ challenge: 'DPoP scope="admin"' })
    await call()
    for (const token of tokens.values()) token.scopes = []
    state.required = 'admin'
    expect((await call()).status).toBe(403)
    expect(state.pages).toHaveLength(1)
  })
})
