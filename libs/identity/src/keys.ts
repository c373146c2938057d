import type { JsonWebKey, KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { PublicJwk } from '@writ/contracts'
import { sha256 } from './sha256.ts'

/** A new P-256 key: as PEM to keep, and ready to use. */
export type GeneratedKey = {
  readonly privatePem: string
  readonly publicPem: string
  readonly privateKey: KeyObject
  readonly publicJwk: PublicJwk
}

/**
 * Makes a P-256 key pair: the one place where this room draws randomness.
 * It takes PEM and imports it again, because on Node 20 a key straight from the generator can deadlock: exporting it as JWK
 * holds its lock, and a garbage collection inside the export frees the generator's job, which waits for the same lock.
 */
export function generateKeyPem(): GeneratedKey {
  const { privateKey: privatePem, publicKey: publicPem } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const privateKey = importPrivatePem(privatePem)
  return { privatePem, publicPem, privateKey, publicJwk: publicJwkOf(privateKey) }
}

/** @throws TypeError when the PEM holds anything but a P-256 private key */
export function importPrivatePem(pem: string): KeyObject {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new TypeError('a P-256 private key is needed')
  return key
}

/** Public half of a P-256 key, private or public. @throws ZodError for any other kind of key */
export function publicJwkOf(key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  return PublicJwk.parse({ kty, crv, x, y })
}

/** A key ready for verification; null when the point is not on the curve. Costs as much as a verification, so keep what it returns. */
export function importPublicJwk(jwk: PublicJwk): KeyObject | null {
  const { kty, crv, x, y } = jwk
  const publicMembers: JsonWebKey = { kty, crv, x, y }
  try {
    return createPublicKey({ key: publicMembers, format: 'jwk' })
  } catch {
    return null
  }
}

/** RFC 7638 thumbprint: base64url SHA-256 of the required members in lexical order. */
export const thumbprintOf = ({ crv, kty, x, y }: PublicJwk): string =>
  sha256(`{"crv":"${crv}","kty":"${kty}","x":"${x}","y":"${y}"}`)
