import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { LeaseSecret, PublicJwk, Refusal } from '@writ/contracts'
import { compactDecrypt, CompactEncrypt, importJWK } from 'jose'

const TYPE = 'writ-lease+jwe'

/** A node's key that leases are sealed to. `privatePem` (PKCS #8) is what a node keeps to outlive a restart. */
export type LeaseKey = {
  readonly publicJwk: PublicJwk
  readonly privateKey: KeyObject
  readonly privatePem: string
}

/** Seals one credential to one node: compact JWE (RFC 7516), ECDH-ES with A256GCM. */
export async function sealLease(secret: LeaseSecret, leaseKey: PublicJwk): Promise<string> {
  const key = await importJWK({ ...leaseKey }, 'ECDH-ES')
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(secret)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', typ: TYPE })
    .encrypt(key)
}

/** Opens a lease that was sealed to this node; anything else is `credential_unavailable`. */
export async function openLease(jwe: string, privateKey: KeyObject): Promise<LeaseSecret | Refusal> {
  const plaintext = await decrypted(jwe, privateKey)
  const secret = LeaseSecret.safeParse(plaintext)
  return secret.success ? secret.data : new Refusal('credential_unavailable')
}

/** The cause is dropped on purpose: an error of the reader could quote what it read. */
async function decrypted(jwe: string, privateKey: KeyObject): Promise<unknown> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return protectedHeader.typ === TYPE ? JSON.parse(new TextDecoder().decode(plaintext)) : null
  } catch {
    return null
  }
}

/** A new P-256 lease key. It goes through PEM: exporting a key as made can block for ever on Node 20. */
export function createLeaseKey(): LeaseKey {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return readLeaseKey(privateKey)
}

/** Reads a kept lease key. Throws on a PEM that is not a P-256 private key. */
export function readLeaseKey(privatePem: string): LeaseKey {
  const privateKey = createPrivateKey(privatePem)
  const { kty, crv, x, y } = createPublicKey(privatePem).export({ format: 'jwk' })
  return { publicJwk: PublicJwk.parse({ kty, crv, x, y }), privateKey, privatePem }
}
