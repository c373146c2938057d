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
  /** what the authority said that the next session says; left out by a client that does not keep it */
  readonly joinSeq?: number
}

const LIFE_SECONDS = 60

/** Signs the `private_key_jwt` client assertion of one request to the authority (RFC 7523 §2.2). */
export function signClientAssertion(request: AssertionRequest): string {
  const { key, agentId, audience, jti, joinSeq } = request
  const iat = Math.floor(request.nowMs / 1_000)
  const claims = {
    iss: agentId,
    sub: agentId,
    aud: audience,
    iat,
    exp: iat + LIFE_SECONDS,
    jti,
    ...(joinSeq === undefined ? {} : { join_seq: joinSeq }),
  }
  return signCompactJws(HEADER, claims, key)
}

const HEADER = encodeBase64url(JSON.stringify({ typ: 'client-authentication+jwt', alg: 'ES256' }))
