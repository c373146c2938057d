import type { KeyObject } from 'node:crypto'
import { ACCESS_TOKEN_TYPE, AccessTokenClaims } from '@writ/contracts'
import { encodeBase64url } from './base64url.ts'
import { signCompactJws } from './compact-jws.ts'

/** A signing key of one authority. A `kid` belongs to one issuer only, so that no other issuer's key answers to it. */
export type TokenSigner = { readonly kid: string; readonly privateKey: KeyObject }

/** Signs an access token (RFC 9068) with ES256. @throws ZodError when the claims are not what gateways accept */
export function issueAccessToken(claims: AccessTokenClaims, { kid, privateKey }: TokenSigner): string {
  const header = { alg: 'ES256', typ: ACCESS_TOKEN_TYPE, kid }
  return signCompactJws(encodeBase64url(JSON.stringify(header)), AccessTokenClaims.parse(claims), privateKey)
}
