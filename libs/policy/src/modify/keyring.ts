import { hkdfSync } from 'node:crypto'
import type { ContentKeys } from './content-keys.ts'

/** What each keyed way of rewriting is done with; no key serves two purposes. All 32 bytes. */
export type Keyring = {
  /** the same in every session of the tenant, so that hashes can be joined */
  readonly hash: Uint8Array
  readonly surrogate: Uint8Array
  readonly tokenMac: Uint8Array
  readonly tokenCipher: Uint8Array
}

/** HKDF-SHA-256 (RFC 5869). A session's keys follow from the tenant's key and the session's id, so nothing has to be stored. */
export function keyringOf({ tenant, sessionId }: ContentKeys): Keyring {
  const derive = (purpose: string, session: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', tenant, session, `writ content ${purpose} v1`, KEY_BYTES))
  return {
    hash: derive('hash', ''),
    surrogate: derive('surrogate', sessionId),
    tokenMac: derive('token mac', sessionId),
    tokenCipher: derive('token cipher', sessionId),
  }
}

const KEY_BYTES = 32
