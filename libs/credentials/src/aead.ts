import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Sealed bytes were changed, moved to another place, or sealed under another key. */
export class SealBroken extends Error {
  constructor() {
    super('sealed bytes do not open here')
    this.name = 'SealBroken'
  }
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM (NIST SP 800-38D) under a random 96-bit nonce: nonce | ciphertext | tag.
 * @param statement what the sealed bytes are bound to; not part of them
 */
export function seal(key: Uint8Array, plaintext: Uint8Array, statement: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(statement))
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Throws {@link SealBroken}. */
export function open(key: Uint8Array, sealed: Uint8Array, statement: string): Uint8Array {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken()
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(statement)).setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    throw new SealBroken()
  }
}
