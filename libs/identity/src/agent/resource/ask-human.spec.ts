import { describe, expect, it } from '@jest/globals'
import { AuthorityError } from '../authority-error.ts'
import type { OutsideWorld } from './given-server.suite.ts'
import { givenServer } from './given-server.suite.ts'
import { createResourceSession } from './resource-session.ts'
import { ServerDistrusted } from './server-distrusted.ts'

function given(changes: Partial<OutsideWorld> = {}) {
  const outside = givenServer(changes)
  const session = createResourceSession(outside.settings)
  return { ...outside, call: () => session.fetch(outside.world.url, { method: 'POST', body: '{}' }) }
}

describe('an answer in the browser', () => {
  it.each<[string, OutsideWorld['answer']]>([
    ['with another state', { state: 'guessed' }],
    ['without a state', { state: [] }],
    ['with two states', { state: ['a', 'b'] }],
    ['by another issuer', { iss: 'https://evil.example' }],
    ['by almost the same issuer', { iss: 'https://id.example/acme/' }],
    ['without the issuer that was promised', { iss: [] }],
    ['by two issuers', { iss: ['https://id.example/acme', 'https://evil.example'] }],
    ['without a code', { code: [] }],
    ['with two codes', { code: ['a', 'b'] }],
    ['that says no, by another issuer', { error: 'access_denied', iss: 'https://evil.example' }],
  ])('%s leads to no token request', async (_kind, answer) => {
    const { call, asked } = given({ answer })
    await expect(call()).rejects.toBeInstanceOf(ServerDistrusted)
    expect(asked('token')).toEqual([])
  })

  it('names its issuer truly, also where that was not promised', async () => {
    const place = 'https://id.example/.well-known/oauth-authorization-server/acme'
    const unpromised = (answer: OutsideWorld['answer']) => {
      const { documents, ...outside } = givenServer({ answer }).world
      const issuer = outside.issuer
      const endpoints = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` }
      const more = { registration_endpoint: `${issuer}/register`, code_challenge_methods_supported: ['S256'] }
      return given({ answer, documents: { ...documents, [place]: { issuer, ...endpoints, ...more } } })
    }
    expect((await unpromised({ iss: [] }).call()).status).toBe(200)
    await expect(unpromised({ iss: 'https://evil.example' }).call()).rejects.toBeInstanceOf(ServerDistrusted)
  })

  it('that says no is passed on', async () => {
    const failure = await given({ answer: { code: [], error: 'access_denied' } })
      .call()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AuthorityError)
    expect(failure).toMatchObject({ error: 'access_denied' })
  })

  it('is not asked for where the code could be used by whoever reads it', async () => {
    const place = 'https://id.example/.well-known/oauth-authorization-server/acme'
    const issuer = 'https://id.example/acme'
    const endpoints = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` }
    const weak = { issuer, ...endpoints, registration_endpoint: `${issuer}/register` }
    const { call, state } = given({ documents: { [place]: weak } })
    await expect(call()).rejects.toThrow('safe against interception')
    expect(state.pages).toEqual([])
  })

  it('that says no is not asked for again with the next message', async () => {
    const { call, state } = given({ answer: { code: [], error: 'access_denied' } })
    await expect(call()).rejects.toBeInstanceOf(AuthorityError)
    await expect(call()).rejects.toBeInstanceOf(AuthorityError)
    expect(state.pages).toHaveLength(1)
  })
})
