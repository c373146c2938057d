import { describe, expect, it } from '@jest/globals'
import { AccessTokenClaims } from '@writ/contracts'
import { importJWK, jwtVerify } from 'jose'
import { givenWorld } from './given-world.suite.ts'
import { issueAccessToken } from './issue-access-token.ts'
import { generateKeyPem } from './keys.ts'

describe('an access token', () => {
  it('is what another JOSE implementation verifies', async () => {
    const { claims } = givenWorld()
    const { privateKey, publicJwk } = generateKeyPem()
    const token = issueAccessToken(claims, { kid: 'ten_acme:1', privateKey })
    const { payload, protectedHeader } = await jwtVerify(token, await importJWK({ ...publicJwk }, 'ES256'), {
      currentDate: new Date(claims.iat * 1_000),
      typ: 'at+jwt',
      issuer: claims.iss,
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'ten_acme:1' })
    expect(AccessTokenClaims.parse(payload)).toEqual(claims)
  })

  it('is not issued for claims that no gateway accepts', () => {
    const { claims } = givenWorld()
    const { privateKey } = generateKeyPem()
    const unbound = { ...claims, cnf: { jkt: 'short' } }
    expect(() => issueAccessToken(unbound, { kid: 'ten_acme:1', privateKey })).toThrow(/jkt/)
  })
})
