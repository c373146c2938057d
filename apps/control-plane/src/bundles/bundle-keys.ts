import { Injectable } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import type { BundleSigner } from '@writ/bundle'
import type { BundleKey } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import { Faults } from '../faults.ts'
import { randomToken } from '../ids-and-secrets.ts'
import { MasterKey } from '../tenancy/master-key.ts'
import { PlatformKeys } from '../tenancy/platform-keys.ts'

const PURPOSE = 'bundle-signing'

/** The platform's Ed25519 keys that sign bundles and heartbeats. Made on the first start, sealed under the master key. */
@Injectable()
export class BundleKeys implements OnModuleInit {
  readonly #keys: PlatformKeys
  /** kids of keys that were said to be none of ours */
  readonly #said = new Set<string>()
  #signer: BundleSigner | null = null

  constructor(
    private readonly platform: PlatformQueries,
    masterKey: MasterKey,
    private readonly faults: Faults,
  ) {
    this.#keys = new PlatformKeys(masterKey)
  }

  async onModuleInit(): Promise<void> {
    if ((await this.platform.platformKeys(PURPOSE)).length === 0) await this.#addKey()
    // Two control planes that start at once may both have added a key: all sign with the oldest, and all are published.
    const [oldest] = await this.#own()
    if (!oldest) throw new Error('no bundle-signing key opens under this master key')
    this.#signer = { kid: oldest.kid, privateKey: oldest.privateKey }
  }

  get signer(): BundleSigner {
    if (!this.#signer) throw new Error('the bundle-signing key is not loaded yet')
    return this.#signer
  }

  /** What gateways trust. */
  async trusted(): Promise<BundleKey[]> {
    return (await this.#own()).map(({ kid, publicKey }) => ({ kid, publicKey }))
  }

  // What somebody else wrote into the database is left out: it must neither be believed nor keep gateways from ours.
  async #own(): Promise<(BundleKey & BundleSigner)[]> {
    const own: (BundleKey & BundleSigner)[] = []
    for (const row of await this.platform.platformKeys(PURPOSE))
      try {
        own.push({ kid: row.kid, publicKey: row.publicKey, privateKey: await this.#keys.open(row) })
      } catch (error) {
        this.#say(row.kid, error)
      }
    return own
  }

  /** Gateways join often: once is enough. */
  #say(kid: string, error: unknown): void {
    if (this.#said.has(kid)) return
    this.#said.add(kid)
    this.faults.report(
      `the bundle key ${kid} in the database is none of ours: nobody is told to trust it`,
      error,
    )
  }

  async #addKey(): Promise<void> {
    const kid = `bundle:${randomToken(12)}`
    await this.platform.addPlatformKey(await this.#keys.make({ kid, purpose: PURPOSE }))
  }
}
