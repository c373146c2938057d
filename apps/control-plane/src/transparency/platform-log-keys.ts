import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { rawPublicKey } from '@writ/audit'
import type { KeyUse } from '@writ/credentials'
import { PlatformQueries } from '@writ/postgres'
import { randomToken } from '../ids-and-secrets.ts'
import { MasterKey } from '../tenancy/master-key.ts'
import { LogKeyProvider } from './log-key-provider.ts'
import type { LogKey } from './log-key-provider.ts'

const PURPOSE = 'audit-log'

/** Keys in the database, sealed under the master key. */
@Injectable()
export class PlatformLogKeys extends LogKeyProvider {
  readonly #opened = new Map<string, KeyObject>()

  constructor(
    private readonly platform: PlatformQueries,
    private readonly masterKey: MasterKey,
  ) {
    super()
  }

  override async keys(): Promise<LogKey[]> {
    const rows = await this.platform.platformKeys(PURPOSE)
    const keys = rows.map(({ kid, publicKey, useAfter }) => ({
      kid,
      publicKey: Buffer.from(publicKey, 'base64url'),
      useAfterMs: useAfter?.getTime() ?? 0,
    }))
    return keys.toSorted((one, other) => one.useAfterMs - other.useAfterMs || (one.kid < other.kid ? -1 : 1))
  }

  override async sign(kid: string, bytes: Uint8Array): Promise<Uint8Array> {
    return sign(null, bytes, this.#opened.get(kid) ?? (await this.#open(kid)))
  }

  override async add(useAfterMs: number): Promise<void> {
    const { privateKey: pem } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const kid = `log:${randomToken(12)}`
    await this.platform.addPlatformKey({
      kid,
      purpose: PURPOSE,
      publicKey: rawPublicKey(createPrivateKey(pem)),
      sealedPrivate: Buffer.from(await this.masterKey.wrap(Buffer.from(pem), useOf(kid))),
      useAfter: new Date(useAfterMs),
    })
  }

  async #open(kid: string): Promise<KeyObject> {
    const row = (await this.platform.platformKeys(PURPOSE)).find((known) => known.kid === kid)
    if (!row) throw new Error('there is no such log key')
    const key = createPrivateKey(Buffer.from(await this.masterKey.unwrap(row.sealedPrivate, useOf(kid))))
    this.#opened.set(kid, key)
    return key
  }
}

const useOf = (kid: string): KeyUse => ({ tenant: 'platform', purpose: kid })
