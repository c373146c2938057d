import { createCipheriv, createDecipheriv } from 'node:crypto'

export const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM (NIST SP 800-38D) as text: IV, ciphertext and tag, in base64url.
 * @param iv never the same one for two plaintexts under one key
 * @param bound what must be said again to open it; it is not in the text
 */
export function sealText(key: Uint8Array, iv: Uint8Array, plain: Uint8Array, bound: string): string {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound))
  const sealed = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

/** Null for a text that was forged, changed, written in another way, or bound to something else. */
export function openText(key: Uint8Array, sealed: string, bound: string): Buffer | null {
  const bytes = Buffer.from(sealed, 'base64url')
  // Node reads sloppy base64; what is sealed has one spelling only.
  if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return null
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(bound)).setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}
