import { sign } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import type { PlatformKey } from '@writ/postgres'
import { randomToken } from '../ids-and-secrets.ts'
import { MasterKey } from '../tenancy/master-key.ts'
import { PlatformKeys } from '../tenancy/platform-keys.ts'
import { LogKeyProvider } from './log-key-provider.ts'
import type { LogKey } from './log-key-provider.ts'

const PURPOSE = 'audit-log'

/** Keys in the database, sealed under the master key. */
@Injectable()
export class PlatformLogKeys extends LogKeyProvider {
  readonly #keys: PlatformKeys

  constructor(
    private readonly platform: PlatformQueries,
    masterKey: MasterKey,
  ) {
    super()
    this.#keys = new PlatformKeys(masterKey)
  }

  /** @throws when one of them was not sealed by us: strangers believe these keys, and none is left out in silence */
  override async keys(): Promise<LogKey[]> {
    const rows = await this.platform.platformKeys(PURPOSE)
    for (const row of rows) await this.#keys.open(row)
    const keys = rows.map(({ kid, publicKey, useAfter }) => ({
      kid,
      publicKey: Buffer.from(publicKey, 'base64url'),
      useAfterMs: useAfter?.getTime() ?? 0,
    }))
    return keys.toSorted((one, other) => one.useAfterMs - other.useAfterMs || (one.kid < other.kid ? -1 : 1))
  }

  override async sign(kid: string, bytes: Uint8Array): Promise<Uint8Array> {
    return sign(null, bytes, this.#keys.opened(kid) ?? (await this.#keys.open(await this.#rowOf(kid))))
  }

  override async add(useAfterMs: number): Promise<void> {
    const made = await this.#keys.make({ kid: `log:${randomToken(12)}`, purpose: PURPOSE })
    await this.platform.addPlatformKey({ ...made, useAfter: new Date(useAfterMs) })
  }

  async #rowOf(kid: string): Promise<PlatformKey> {
    const row = (await this.platform.platformKeys(PURPOSE)).find((known) => known.kid === kid)
    if (!row) throw new Error('there is no such log key')
    return row
  }
}
