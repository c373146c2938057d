import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { rawPublicKey } from '@writ/audit'
import type { PublicJwk } from '@writ/contracts'
import { createLeaseKey, readLeaseKey } from '@writ/credentials'
import { readState, writeState } from '../state-file.ts'

/** The two private keys of this point. They are made here, stay in its state folder, and never leave it. */
export type NodeKeys = {
  /** Ed25519: signs requests to the control plane, batches and stream heads */
  readonly nodeKey: KeyObject
  /** raw Ed25519 public key, base64url */
  readonly publicKey: string
  /** P-256: opens the leases that are sealed to this point */
  readonly leaseKey: KeyObject
  readonly leasePublicJwk: PublicJwk
}

/** Reads the keys of this point, or makes them at its first start. */
export async function openNodeKeys(stateDir: string): Promise<NodeKeys> {
  const nodeKey = createPrivateKey(await openPem(join(stateDir, 'node.key'), ed25519Pem))
  const lease = readLeaseKey(await openPem(join(stateDir, 'lease.key'), p256Pem))
  return {
    nodeKey,
    publicKey: rawPublicKey(nodeKey),
    leaseKey: lease.privateKey,
    leasePublicJwk: lease.publicJwk,
  }
}

async function openPem(path: string, makePem: () => string): Promise<string> {
  const known = await readState(path)
  if (known !== null) return known
  const pem = makePem()
  await writeState(path, pem)
  return pem
}

// Made as text and read again: on Node 20 the export of a key object that was just generated can hang in a collection.
const PUBLIC_PEM = { type: 'spki', format: 'pem' } as const
const PRIVATE_PEM = { type: 'pkcs8', format: 'pem' } as const

const ed25519Pem = (): string =>
  generateKeyPairSync('ed25519', { publicKeyEncoding: PUBLIC_PEM, privateKeyEncoding: PRIVATE_PEM })
    .privateKey

const p256Pem = (): string => createLeaseKey().privatePem
