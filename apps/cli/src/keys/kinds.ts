/** Where identity keys are kept, the safest first. */
export const KEY_STORES = ['keychain', 'file-sealed', 'file-0600'] as const
export type KeyStoreKind = (typeof KEY_STORES)[number]

/** In words, for a person. */
export const KEPT: Readonly<Record<KeyStoreKind, string>> = {
  keychain: 'in the keychain of this user',
  'file-sealed': 'in a file that only you can read, sealed with a passphrase',
  'file-0600': 'in a file that only you can read, not sealed',
}

/** Characters of a passphrase: shorter ones are found by trying, however dear a guess is. */
export const MIN_PASSPHRASE = 12
