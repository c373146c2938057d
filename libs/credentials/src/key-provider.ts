import { open, seal } from './aead.ts'

/** What a wrapped key is for: a key wrapped for one tenant and purpose opens for no other. */
export type KeyUse = { readonly tenant: string; readonly purpose: string }

/** Wraps data keys under a key that never leaves it: a local file, or a key management service. */
export type KeyProvider = {
  readonly wrap: (dek: Uint8Array, use: KeyUse) => Promise<Uint8Array>
  /** rejects with `SealBroken` when the key was wrapped for another use, or changed */
  readonly unwrap: (wrapped: Uint8Array, use: KeyUse) => Promise<Uint8Array>
}

export const KEY_BYTES = 32

/**
 * Wraps under a key held by this process.
 * @param masterKey 32 bytes
 */
export function createLocalKeyProvider(masterKey: Uint8Array): KeyProvider {
  if (masterKey.length !== KEY_BYTES) throw new RangeError(`a master key has ${KEY_BYTES} bytes`)
  return {
    wrap: async (dek, use) => seal(masterKey, dek, statement(use)),
    unwrap: async (wrapped, use) => open(masterKey, wrapped, statement(use)),
  }
}

const statement = ({ tenant, purpose }: KeyUse): string => JSON.stringify(['writ.dek.v1', tenant, purpose])
