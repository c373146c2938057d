import type { KeyObject } from 'node:crypto'
import { encodeBase64url } from '../base64url.ts'
import { signCompactJws } from '../compact-jws.ts'

export type AssertionRequest = {
  /** the agent's identity key */
  readonly key: KeyObject
  readonly agentId: string
  /** the issuer of the authority */
  readonly audience: string
  readonly nowMs: number
  readonly jti: string
}

const LIFE_SECONDS = 60

/** Signs the `private_key_jwt` client assertion of one token request (RFC 7523 §2.2). */
export function signClientAssertion({ key, agentId, audience, nowMs, jti }: AssertionRequest): string {
  const iat = Math.floor(nowMs / 1_000)
  const claims = { iss: agentId, sub: agentId, aud: audience, iat, exp: iat + LIFE_SECONDS, jti }
  return signCompactJws(HEADER, claims, key)
}

const HEADER = encodeBase64url(JSON.stringify({ typ: 'client-authentication+jwt', alg: 'ES256' }))
