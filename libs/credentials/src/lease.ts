import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { LeaseSecret, PublicJwk, Refusal } from '@writ/contracts'
import { openSealedToNode, sealToNode } from './sealed-to-node.ts'

const TYPE = 'writ-lease+jwe'

/** A node's key that leases are sealed to. `privatePem` (PKCS #8) is what a node keeps to outlive a restart. */
export type LeaseKey = {
  readonly publicJwk: PublicJwk
  readonly privateKey: KeyObject
  readonly privatePem: string
}

/** Seals one credential to one node. */
export const sealLease = (secret: LeaseSecret, leaseKey: PublicJwk): Promise<string> =>
  sealToNode(secret, leaseKey, TYPE)

/** Opens a lease that was sealed to this node; anything else is `credential_unavailable`. */
export async function openLease(jwe: string, privateKey: KeyObject): Promise<LeaseSecret | Refusal> {
  const secret = LeaseSecret.safeParse(await openSealedToNode(jwe, privateKey, TYPE))
  return secret.success ? secret.data : new Refusal('credential_unavailable')
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
