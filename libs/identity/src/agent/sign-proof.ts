import type { KeyObject } from 'node:crypto'
import { PROOF_TYPE } from '@writ/contracts'
import { encodeBase64url } from '../base64url.ts'
import { signCompactJws } from '../compact-jws.ts'
import { publicJwkOf } from '../keys.ts'
import { sha256 } from '../sha256.ts'

export type ProofRequest = {
  /** P-256 private key */
  readonly key: KeyObject
  readonly verb: string
  readonly url: string
  readonly nowMs: number
  /** never used before with this key */
  readonly jti: string
  readonly accessToken?: string
  readonly nonce?: string
  /** raw body; its hash is signed too (`wbd`) */
  readonly body?: Uint8Array
}

/** Signs the DPoP proof of one request (RFC 9449 §4.2). Every attempt needs a new one. */
export function signProof(request: ProofRequest): string {
  const { accessToken, nonce, body } = request
  const claims = {
    jti: request.jti,
    htm: request.verb,
    htu: withoutQuery(request.url),
    iat: Math.floor(request.nowMs / 1_000),
    ...(accessToken === undefined ? {} : { ath: sha256(accessToken) }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(body === undefined ? {} : { wbd: sha256(body) }),
  }
  return signCompactJws(headerOf(request.key), claims, request.key)
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

/** One text per key: verifiers recognise a header that they have seen. */
const headers = new WeakMap<KeyObject, string>()

function headerOf(key: KeyObject): string {
  const known = headers.get(key)
  if (known !== undefined) return known
  const header = encodeBase64url(JSON.stringify({ typ: PROOF_TYPE, alg: 'ES256', jwk: publicJwkOf(key) }))
  headers.set(key, header)
  return header
}
