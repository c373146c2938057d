import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { rawPublicKey } from '@writ/audit'
import type { KeyProvider, KeyUse } from '@writ/credentials'
import type { PlatformKey } from '@writ/postgres'

/** The platform's own Ed25519 keys, which stand in the database, sealed under the master key. */
export class PlatformKeys {
  readonly #masterKey: KeyProvider
  readonly #opened = new Map<string, OpenedKey>()

  constructor(masterKey: KeyProvider) {
    this.#masterKey = masterKey
  }

  /** A new one, for the database to keep. */
  async make({ kid, purpose }: Pick<PlatformKey, 'kid' | 'purpose'>): Promise<PlatformKey> {
    const { privateKey: pem } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const sealedPrivate = Buffer.from(await this.#masterKey.wrap(Buffer.from(pem), useOf(kid)))
    return { kid, purpose, publicKey: rawPublicKey(createPrivateKey(pem)), sealedPrivate }
  }

  /**
   * Its private half.
   * @throws when it was not sealed by us together with that public half: whoever can write into the database must not name a key that others
   * then believe
   */
  async open(row: PlatformKey): Promise<KeyObject> {
    const opened = this.#opened.get(row.kid) ?? (await this.#unseal(row))
    if (opened.publicKey !== row.publicKey)
      throw new Error('a key of the platform in the database is not the one that was sealed')
    return opened.privateKey
  }

  /** The private half of one that was opened before. */
  opened(kid: string): KeyObject | undefined {
    return this.#opened.get(kid)?.privateKey
  }

  async #unseal({ kid, sealedPrivate }: PlatformKey): Promise<OpenedKey> {
    const pem = await this.#masterKey.unwrap(sealedPrivate, useOf(kid))
    const privateKey = createPrivateKey(Buffer.from(pem))
    const opened = { privateKey, publicKey: rawPublicKey(privateKey) }
    this.#opened.set(kid, opened)
    return opened
  }
}

type OpenedKey = { readonly privateKey: KeyObject; readonly publicKey: string }

const useOf = (kid: string): KeyUse => ({ tenant: 'platform', purpose: kid })
