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
export const secp256k1Key = once(() => ecKey('secp256k1'))
export const p384Key = once(() => ecKey('P-384'))

const ecKey = (namedCurve: string): OddKey =>
  imported(
    generateKeyPairSync('ec', { namedCurve, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 }).privateKey,
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
