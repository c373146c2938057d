import type { JsonWebKey, KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { generateKeyPem } from '../keys.ts'

/** A key that no agent of ours has. */
export type OddKey = { readonly privateKey: KeyObject; readonly publicJwk: JsonWebKey }

const SPKI = { type: 'spki', format: 'pem' } as const
const PKCS8 = { type: 'pkcs8', format: 'pem' } as const

export const thiefKey = once(() => generateKeyPem())
export const rsa2048Key = once(() => rsaKey(2048))
export const rsa1024Key = once(() => rsaKey(1024))
export const secp256k1Key = once(() =>
  imported(
    generateKeyPairSync('ec', {
      namedCurve: 'secp256k1',
      publicKeyEncoding: SPKI,
      privateKeyEncoding: PKCS8,
    }).privateKey,
  ),
)

const rsaKey = (modulusLength: number): OddKey =>
  imported(
    generateKeyPairSync('rsa', { modulusLength, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 })
      .privateKey,
  )

function imported(pem: string): OddKey {
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicJwk: createPublicKey(privateKey).export({ format: 'jwk' }) }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
