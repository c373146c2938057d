import type { KeyObject } from 'node:crypto'
import { createPublicKey, sign, verify } from 'node:crypto'

/** The raw Ed25519 public key of a node, base64url: what `JoinRequest.publicKey` holds. */
export function rawPublicKey(key: KeyObject): string {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  if (jwk.crv !== 'Ed25519' || jwk.x === undefined) throw new TypeError('a node key is an Ed25519 key')
  return jwk.x
}

/** Ed25519 (RFC 8032) signature over the UTF-8 bytes of a statement, base64url. */
export function signStatement(statement: string, privateKey: KeyObject): string {
  return sign(null, Buffer.from(statement), privateKey).toString('base64url')
}

/** False also when key or signature are no key and no signature at all. @param publicKey raw, base64url */
export function statementHolds(statement: string, signature: string, publicKey: string): boolean {
  const key = publicKeyOf(publicKey)
  return key !== null && verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'))
}

function publicKeyOf(raw: string): KeyObject | null {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' })
  } catch {
    return null
  }
}
