import { createECDH, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { AgentId, PublicJwk } from '@writ/contracts'
import { formatId, isRefusal } from '@writ/contracts'
import { signClientAssertion } from './agent/sign-client-assertion.ts'
import { verifyClientAssertion } from './client-assertion.ts'
import { generateKeyPem, publicJwkOf } from './keys.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import { signJwt } from './negative/attack-kit.ts'

const NOW_MS = 1_790_000_000_000
const NOW_S = NOW_MS / 1_000
const ISSUER = 'https://id.example/t/acme/oauth'

function given() {
  const key = generateKeyPem()
  const agentId: AgentId = formatId('agt', NOW_MS, Buffer.alloc(10, 1))
  const replay = createMemoryReplayGuard(() => NOW_MS)
  const trust = {
    audiences: [ISSUER, `${ISSUER}/token`],
    identityKeysOf: (id: AgentId) => Promise.resolve(id === agentId ? [key.publicJwk] : []),
  }
  const send = async (assertion: string) => {
    const answer = await verifyClientAssertion(assertion, trust, { replay, nowMs: NOW_MS })
    return isRefusal(answer) ? answer.code : answer
  }
  const claims = { iss: agentId, sub: agentId, aud: ISSUER, iat: NOW_S, exp: NOW_S + 60, jti: 'jti-0001' }
  const header = { typ: 'JWT', alg: 'ES256' }
  return { key, agentId, claims, header, send }
}

/** An assertion of an agent, signed by that key. */
function signedBy(privateKey: KeyObject): string {
  const agentId: AgentId = formatId('agt', NOW_MS, Buffer.alloc(10, 1))
  const claims = { iss: agentId, sub: agentId, aud: ISSUER, iat: NOW_S, exp: NOW_S + 60, jti: 'jti-0001' }
  return signJwt({ typ: 'JWT', alg: 'ES256' }, claims, privateKey)
}

/** Whether it is refused where the agent that it names has these keys. */
const refusedUnder = (keys: readonly PublicJwk[]) => async (assertion: string) =>
  isRefusal(
    await verifyClientAssertion(
      assertion,
      { audiences: [ISSUER], identityKeysOf: () => Promise.resolve(keys) },
      { replay: { firstSeen: () => Promise.resolve('first') }, nowMs: NOW_MS },
    ),
  )

describe('a client assertion that does not hold', () => {
  it('costs the same for an agent that nobody knows, one with one key and one with two', async () => {
    const [one, two] = [generateKeyPem().publicJwk, generateKeyPem().publicJwk]
    const kinds = [refusedUnder([]), refusedUnder([one]), refusedUnder([one, two])]
    const times = kinds.map((): number[] => [])
    for (let at = 0; at < 150; at += 1) {
      const assertion = signedBy(generateKeyPem().privateKey)
      for (const [kind, refused] of kinds.entries()) {
        const fromMs = performance.now()
        expect(await refused(assertion)).toBe(true)
        times[kind]?.push(performance.now() - fromMs)
      }
    }
    const medians = times.map((of) => of.toSorted((a, b) => a - b)[75] ?? Infinity)
    // Without that, nobody's agent costs a tenth of the others.
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(1.6)
  })

  it('is not saved by being signed with the key that everybody has', async () => {
    const scalar = Buffer.alloc(32)
    scalar[31] = 1
    const curve = createECDH('prime256v1')
    curve.setPrivateKey(scalar)
    const point = curve.getPublicKey()
    const [d, x, y] = [scalar, point.subarray(1, 33), point.subarray(33)].map((part) =>
      part.toString('base64url'),
    )
    const jwk = { kty: 'EC', crv: 'P-256', d: d ?? '', x: x ?? '', y: y ?? '' }
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
    const assertion = signedBy(privateKey)
    expect(await refusedUnder([])(assertion)).toBe(true)
    expect(await refusedUnder([publicJwkOf(privateKey)])(assertion)).toBe(false)
  })
})

describe('a client assertion', () => {
  it('proves the agent whose identity key signed it', async () => {
    const { key, agentId, send } = given()
    const assertion = signClientAssertion({
      key: key.privateKey,
      agentId,
      audience: ISSUER,
      nowMs: NOW_MS,
      jti: 'jti-0001',
    })
    expect(await send(assertion)).toEqual({ agentId, joinSeq: null })
  })

  it('counts once', async () => {
    const { key, header, claims, send } = given()
    const assertion = signJwt(header, claims, key.privateKey)
    expect(await send(assertion)).toHaveProperty('agentId')
    expect(await send(signJwt(header, claims, key.privateKey))).toBe('client_invalid')
  })

  it.each([
    ['names the token endpoint', { aud: `${ISSUER}/token` }, {}],
    ['names the issuer in a list of one', { aud: [ISSUER] }, {}],
    ['has no typ', {}, { typ: undefined }],
    ['lives exactly 5 minutes', { exp: NOW_S + 300 }, {}],
  ])('passes when it %s', async (_what, claimChange, headerChange) => {
    const { key, header, claims, send } = given()
    const assertion = signJwt({ ...header, ...headerChange }, { ...claims, ...claimChange }, key.privateKey)
    expect(await send(assertion)).toHaveProperty('agentId')
  })

  const OTHER_AGENT = formatId('agt', NOW_MS, Buffer.alloc(10, 2))
  it.each([
    ['another audience', { aud: 'https://id.example/t/other/oauth' }, {}],
    ['two audiences', { aud: [ISSUER, 'https://other.example'] }, {}],
    ['no audience', { aud: undefined }, {}],
    ['an issuer that is not its subject', { iss: OTHER_AGENT }, {}],
    ['an agent that is not enrolled', { iss: OTHER_AGENT, sub: OTHER_AGENT }, {}],
    ['a past exp', { exp: NOW_S }, {}],
    ['an exp more than 5 minutes ahead', { exp: NOW_S + 311 }, {}],
    ['no exp', { exp: undefined }, {}],
    ['a future iat', { iat: NOW_S + 60 }, {}],
    ['a future nbf', { nbf: NOW_S + 60 }, {}],
    ['more than 4096 bytes', { pad: 'x'.repeat(4_096) }, {}],
    ['no jti', { jti: undefined }, {}],
    ['the typ of a proof', {}, { typ: 'dpop+jwt' }],
    ['the typ of an access token', {}, { typ: 'at+jwt' }],
    ['alg none', {}, { alg: 'none' }],
    ['a critical extension', {}, { crit: ['x'] }],
  ])('is refused with %s, and its jti is not used up', async (_what, claimChange, headerChange) => {
    const { key, header, claims, send } = given()
    const wrong = signJwt({ ...header, ...headerChange }, { ...claims, ...claimChange }, key.privateKey)
    expect(await send(wrong)).toBe('client_invalid')
    expect(await send(signJwt(header, claims, key.privateKey))).toHaveProperty('agentId')
  })

  it('is refused under the key of somebody else', async () => {
    const { header, claims, send } = given()
    expect(await send(signJwt(header, claims, generateKeyPem().privateKey))).toBe('client_invalid')
  })

  it('is refused when nobody can say whether it was used', async () => {
    const { key, agentId, header, claims } = given()
    const trust = { audiences: [ISSUER], identityKeysOf: () => Promise.resolve([key.publicJwk]) }
    const replay = { firstSeen: () => Promise.resolve('unavailable' as const) }
    const answer = await verifyClientAssertion(signJwt(header, claims, key.privateKey), trust, {
      replay,
      nowMs: NOW_MS,
    })
    expect(answer).toMatchObject({ code: 'replay_unavailable' })
    expect(answer).not.toMatchObject({ agentId })
  })
})
