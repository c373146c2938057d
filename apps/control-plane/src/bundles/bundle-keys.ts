import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import { rawPublicKey } from '@writ/audit'
import type { BundleSigner } from '@writ/bundle'
import type { BundleKey } from '@writ/contracts'
import type { KeyUse } from '@writ/credentials'
import { PlatformQueries } from '@writ/postgres'
import { randomToken } from '../ids-and-secrets.ts'
import { MasterKey } from '../tenancy/master-key.ts'

const PURPOSE = 'bundle-signing'

/** The platform's Ed25519 keys that sign bundles and heartbeats. Made on the first start, sealed under the master key. */
@Injectable()
export class BundleKeys implements OnModuleInit {
  #signer: BundleSigner | null = null

  constructor(
    private readonly platform: PlatformQueries,
    private readonly masterKey: MasterKey,
  ) {}

  async onModuleInit(): Promise<void> {
    if ((await this.platform.platformKeys(PURPOSE)).length === 0) await this.#addKey()
    // Two control planes that start at once may both have added a key: all sign with the oldest, and all are published.
    const [oldest] = await this.platform.platformKeys(PURPOSE)
    if (!oldest) throw new Error('the bundle-signing key is missing')
    const pem = await this.masterKey.unwrap(oldest.sealedPrivate, useOf(oldest.kid))
    this.#signer = { kid: oldest.kid, privateKey: createPrivateKey(Buffer.from(pem)) }
  }

  get signer(): BundleSigner {
    if (!this.#signer) throw new Error('the bundle-signing key is not loaded yet')
    return this.#signer
  }

  /** What gateways trust. */
  async trusted(): Promise<BundleKey[]> {
    const keys = await this.platform.platformKeys(PURPOSE)
    return keys.map(({ kid, publicKey }) => ({ kid, publicKey }))
  }

  async #addKey(): Promise<void> {
    const { privateKey: pem } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const kid = `bundle:${randomToken(12)}`
    await this.platform.addPlatformKey({
      kid,
      purpose: PURPOSE,
      publicKey: rawPublicKey(createPrivateKey(pem)),
      sealedPrivate: Buffer.from(await this.masterKey.wrap(Buffer.from(pem), useOf(kid))),
    })
  }
}

const useOf = (kid: string): KeyUse => ({ tenant: 'platform', purpose: kid })
