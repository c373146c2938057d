import { describe, expect, it } from '@jest/globals'
import type { AgentId } from '@writ/contracts'
import { formatId, isRefusal } from '@writ/contracts'
import { signDelegation } from './agent/sign-delegation.ts'
import { verifyDelegation } from './delegation.ts'
import { generateKeyPem, thumbprintOf } from './keys.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import { signJwt } from './negative/attack-kit.ts'

const NOW_MS = 1_790_000_000_000
const NOW_S = NOW_MS / 1_000
const ISSUER = 'https://id.example/t/acme/oauth'
const agentOf = (byte: number): AgentId => formatId('agt', NOW_MS, Buffer.alloc(10, byte))

function given() {
  const key = generateKeyPem()
  const [from, to] = [agentOf(1), agentOf(2)]
  const replay = createMemoryReplayGuard(() => NOW_MS)
  const send = async (token: string) => {
    const answer = await verifyDelegation(token, ISSUER, { replay, nowMs: NOW_MS })
    return isRefusal(answer) ? answer.code : answer
  }
  const header = { typ: 'writ-delegation+jwt', alg: 'ES256', jwk: key.publicJwk }
  const claims = { iss: from, sub: to, aud: ISSUER, iat: NOW_S, exp: NOW_S + 60, jti: 'jti-0001' }
  return { key, from, to, header, claims, send }
}

describe('a delegation', () => {
  it('says who hands what to whom, and by which key', async () => {
    const { key, from, to, send } = given()
    const authorizations = [{ type: 'writ_tool' as const, tools: ['get_*'] }]
    const token = signDelegation({
      key: key.privateKey,
      agentId: from,
      to,
      audience: ISSUER,
      nowMs: NOW_MS,
      jti: 'jti-0001',
      authorizations,
    })
    expect(await send(token)).toEqual({
      delegator: from,
      subAgent: to,
      keyThumbprint: thumbprintOf(key.publicJwk),
      authorizations,
    })
  })

  it('counts once, for each key apart', async () => {
    const { key, header, claims, send } = given()
    const other = generateKeyPem()
    expect(await send(signJwt(header, claims, key.privateKey))).toHaveProperty('delegator')
    expect(await send(signJwt(header, claims, key.privateKey))).toBe('token_invalid')
    expect(await send(signJwt({ ...header, jwk: other.publicJwk }, claims, other.privateKey))).toHaveProperty(
      'delegator',
    )
  })

  const { privateKey } = generateKeyPem()
  it.each([
    ['another audience', { aud: 'https://id.example/t/other/oauth' }, {}],
    ['several audiences', { aud: [ISSUER] }, {}],
    ['a past exp', { exp: NOW_S }, {}],
    ['an exp more than 5 minutes ahead', { exp: NOW_S + 311 }, {}],
    ['no exp', { exp: undefined }, {}],
    ['a future iat', { iat: NOW_S + 60 }, {}],
    ['a future nbf', { nbf: NOW_S + 60 }, {}],
    ['no jti', { jti: undefined }, {}],
    ['a short jti', { jti: 'short' }, {}],
    ['no agent', { iss: 'somebody' }, {}],
    ['more than 4096 bytes', { pad: 'x'.repeat(4_096) }, {}],
    ['details of another type', { authorization_details: [{ type: 'x' }] }, {}],
    ['details that permit nothing', { authorization_details: [] }, {}],
    ['the typ of a proof', {}, { typ: 'dpop+jwt' }],
    ['no typ', {}, { typ: undefined }],
    ['alg none', {}, { alg: 'none' }],
    ['a critical extension', {}, { crit: ['x'] }],
    ['no key', {}, { jwk: undefined }],
    ['a private key', {}, { jwk: privateKey.export({ format: 'jwk' }) }],
    ['the key of somebody else', {}, { jwk: generateKeyPem().publicJwk }],
  ])('is refused with %s, and its jti is not used up', async (_what, claimChange, headerChange) => {
    const { key, header, claims, send } = given()
    const wrong = signJwt({ ...header, ...headerChange }, { ...claims, ...claimChange }, key.privateKey)
    expect(await send(wrong)).toBe('token_invalid')
    expect(await send(signJwt(header, claims, key.privateKey))).toHaveProperty('delegator')
  })

  it('is refused with a coordinate that is written in another way', async () => {
    const { key, header, claims, send } = given()
    const { x } = key.publicJwk
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const written = `${x.slice(0, 42)}${last.charAt((last.indexOf(x.charAt(42)) & ~3) + 1)}`
    const jwk = { ...key.publicJwk, x: written }
    expect(await send(signJwt({ ...header, jwk }, claims, key.privateKey))).toBe('token_invalid')
  })

  it('is refused when nobody can say whether it was used', async () => {
    const { key, header, claims } = given()
    const replay = { firstSeen: () => Promise.resolve('unavailable' as const) }
    const token = signJwt(header, claims, key.privateKey)
    expect(await verifyDelegation(token, ISSUER, { replay, nowMs: NOW_MS })).toMatchObject({
      code: 'token_invalid',
    })
  })
})
