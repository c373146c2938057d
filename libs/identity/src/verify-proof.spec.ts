import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import { signProof } from './agent/sign-proof.ts'
import { generateKeyPem, thumbprintOf } from './keys.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import { createNonceKeeper } from './nonces.ts'
import { verifyProof } from './verify-proof.ts'

const NOW_MS = 1_790_000_000_000
const ENDPOINT = 'https://id.example/t/acme/oauth/token'
const BODY = Buffer.from('grant_type=client_credentials')

function given({ required = false } = {}) {
  const key = generateKeyPem()
  const nonces = createNonceKeeper({
    secret: Buffer.alloc(32, 1),
    scope: 'authority',
    required,
    nowMs: () => NOW_MS,
  })
  const ports = { replay: createMemoryReplayGuard(() => NOW_MS), nonces, nowMs: NOW_MS }
  const request = {
    key: key.privateKey,
    verb: 'POST',
    url: ENDPOINT,
    nowMs: NOW_MS,
    jti: 'jti-0001',
    body: BODY,
  }
  const send = async (...dpop: string[]) => {
    const bodySha256 = createHash('sha256').update(BODY).digest('base64url')
    const answer = await verifyProof({ dpop, verb: 'POST', resource: ENDPOINT, bodySha256 }, ports)
    return isRefusal(answer) ? answer.code : answer
  }
  return { key, nonces, request, send }
}

describe('a proof at the authority', () => {
  it('proves the key that signed it', async () => {
    const { key, request, send } = given()
    expect(await send(signProof(request))).toEqual({
      publicJwk: key.publicJwk,
      keyThumbprint: thumbprintOf(key.publicJwk),
    })
  })

  it('is needed', async () => {
    expect(await given().send()).toBe('proof_invalid')
  })

  it('counts once', async () => {
    const { request, send } = given()
    const proof = signProof(request)
    await send(proof)
    expect(await send(proof)).toBe('proof_replayed')
  })

  it.each([
    ['a gateway', { url: 'https://gw.example/acme/github/mcp' }],
    ['another method', { verb: 'GET' }],
    ['another body', { body: Buffer.from('grant_type=other') }],
  ])('does not count when it was made for %s', async (_what, change) => {
    const { request, send } = given()
    expect(await send(signProof({ ...request, ...change }))).toBe('proof_invalid')
  })

  it('carries a nonce where one is required', async () => {
    const { nonces, request, send } = given({ required: true })
    expect(await send(signProof(request))).toBe('nonce_required')
    expect(await send(signProof({ ...request, nonce: nonces.current() }))).toHaveProperty('keyThumbprint')
  })
})
