import type { KeyObject } from 'node:crypto'
import type { PublicJwk } from '@writ/contracts'
import { compactDecrypt, CompactEncrypt, importJWK } from 'jose'

/**
 * Seals a value to one node: compact JWE (RFC 7516), ECDH-ES with A256GCM.
 * @param type stands in the header, so that one kind of sealed thing never passes for another
 */
export async function sealToNode(value: unknown, leaseKey: PublicJwk, type: string): Promise<string> {
  const key = await importJWK({ ...leaseKey }, 'ECDH-ES')
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', typ: type })
    .encrypt(key)
}

/** Opens what was sealed to this node; null for anything else. The cause is dropped on purpose: an error of the reader could quote what it read. */
export async function openSealedToNode(jwe: string, privateKey: KeyObject, type: string): Promise<unknown> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return protectedHeader.typ === type ? JSON.parse(new TextDecoder().decode(plaintext)) : null
  } catch {
    return null
  }
}
