import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { calculateJwkThumbprint } from 'jose'
import { generateKeyPem, importPrivatePem, importPublicJwk, publicJwkOf, thumbprintOf } from './keys.ts'

const RFC_9449_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
} as const

describe('a key', () => {
  it('comes back from its PEM', () => {
    const { privatePem, publicPem, privateKey, publicJwk } = generateKeyPem()
    expect(importPrivatePem(privatePem).equals(privateKey)).toBe(true)
    expect(publicJwkOf(createPublicKey(publicPem))).toEqual(publicJwk)
    expect(publicJwkOf(privateKey)).toEqual(publicJwk)
  })

  it('verifies from its JWK what it signed', () => {
    const { privateKey, publicJwk } = generateKeyPem()
    const message = Buffer.from('message')
    const key = importPublicJwk(publicJwk)
    expect(key && verify('sha256', message, key, sign('sha256', message, privateKey))).toBe(true)
  })

  it('shows its public members only', () => {
    expect(Object.keys(generateKeyPem().publicJwk)).toEqual(['kty', 'crv', 'x', 'y'])
  })

  it('has the thumbprint that RFC 9449 prints', () => {
    expect(thumbprintOf(RFC_9449_KEY)).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')
  })

  it('has the thumbprint that another JOSE implementation calculates', async () => {
    const { publicJwk } = generateKeyPem()
    expect(thumbprintOf(publicJwk)).toBe(await calculateJwkThumbprint(publicJwk))
  })

  it('is not imported from a point beside the curve', () => {
    expect(importPublicJwk({ ...RFC_9449_KEY, y: RFC_9449_KEY.x })).toBeNull()
  })

  it.each(['secp256k1', 'secp384r1'])('is not imported from a PEM of %s', (namedCurve) => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    expect(() => importPrivatePem(privateKey)).toThrow(TypeError)
  })
})
