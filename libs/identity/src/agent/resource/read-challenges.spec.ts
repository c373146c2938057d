import { describe, expect, it } from '@jest/globals'
import { assert, property, string } from 'fast-check'
import { challengeIn, readChallenges, scopesIn } from './read-challenges.ts'

const plain = (field: string) =>
  readChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

const responseWith = (field: string) =>
  new Response(null, { status: 401, headers: { 'www-authenticate': field } })

describe('a field of challenges', () => {
  it('is read scheme by scheme, with quoted and plain parameters', () => {
    expect(plain('Basic realm="a, b", DPoP algs="ES256 EdDSA" , error=use_dpop_nonce, Negotiate')).toEqual([
      ['basic', { realm: 'a, b' }],
      ['dpop', { algs: 'ES256 EdDSA', error: 'use_dpop_nonce' }],
      ['negotiate', {}],
    ])
  })

  it('is read without regard to the case of schemes and names', () => {
    expect(plain('BEARER Resource_Metadata="https://a.example/x"')).toEqual([
      ['bearer', { resource_metadata: 'https://a.example/x' }],
    ])
  })

  it('keeps what is escaped within quotes, and cannot be ended by it', () => {
    expect(plain('DPoP error_description="say \\"no\\", Bearer x=\\"y\\"", scope="a"')).toEqual([
      ['dpop', { error_description: 'say "no", Bearer x="y"', scope: 'a' }],
    ])
  })

  it('keeps the first of two parameters with one name', () => {
    expect(plain('Bearer scope="read", scope="admin"')).toEqual([['bearer', { scope: 'read' }]])
  })

  it('goes on after a challenge that carries a token and no parameters', () => {
    expect(plain('Negotiate abc==, DPoP scope="a"').at(-1)).toEqual(['dpop', { scope: 'a' }])
  })

  it('is read in linear time and without a fault, whatever it holds', () => {
    assert(property(string(), (field) => readChallenges(field).length <= field.length))
    const beganMs = performance.now()
    readChallenges(`DPoP x="${'\\"'.repeat(50_000)}`)
    readChallenges(`DPoP ${' \t,='.repeat(20_000)}`)
    expect(performance.now() - beganMs).toBeLessThan(1_000)
  })
})

describe('the challenge that is answered', () => {
  it('is the one for bound tokens, wherever it stands', () => {
    expect(challengeIn(responseWith('Bearer scope="a", DPoP scope="b"'))?.scheme).toBe('dpop')
    expect(challengeIn(responseWith('Basic realm="x", Bearer'))?.scheme).toBe('bearer')
    expect(challengeIn(responseWith('Basic realm="x"'))).toBeNull()
    expect(challengeIn(new Response(null, { status: 401 }))).toBeNull()
  })

  it('names scopes, or none', () => {
    expect(scopesIn(challengeIn(responseWith('Bearer scope="a  b"')))).toEqual(['a', 'b'])
    expect(scopesIn(challengeIn(responseWith('Bearer')))).toBeNull()
  })
})
