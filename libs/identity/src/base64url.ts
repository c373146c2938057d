/** Bytes of canonical base64url without padding (RFC 7515 §2): one text per value, so unused bits cannot vary. Null for anything else. */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  // Node's decoder skips what it does not know; only the canonical text comes back as it was.
  return bytes.toString('base64url') === text ? bytes : null
}

export const encodeBase64url = (bytes: Uint8Array | string): string =>
  Buffer.from(bytes).toString('base64url')
