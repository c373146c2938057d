import { describe, expect, it } from '@jest/globals'
import { Refusal } from '@writ/contracts'
import { challengeOf } from './challenge.ts'

const METADATA = {
  resourceMetadata: 'https://gw.example/.well-known/oauth-protected-resource/acme/github/mcp',
}

describe('a challenge', () => {
  it('names no error when no credentials were sent', () => {
    expect(challengeOf(new Refusal('credentials_missing'), METADATA)).toBe(
      `DPoP algs="ES256", resource_metadata="${METADATA.resourceMetadata}"`,
    )
  })

  it('names the error and says what is wrong', () => {
    expect(challengeOf(new Refusal('proof_invalid', 'htm is not the method of this request'))).toBe(
      'DPoP error="invalid_dpop_proof", error_description="htm is not the method of this request", algs="ES256"',
    )
  })

  it('cannot be broken out of by a description', () => {
    const challenge = challengeOf(new Refusal('token_invalid', 'a", error="none\\\r\nX: y \u00e9'))
    expect(challenge).toBe(
      `DPoP error="invalid_token", error_description="a', error='none'''X: y '", algs="ES256"`,
    )
  })
})
