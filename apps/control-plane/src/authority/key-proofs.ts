import type { KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Injectable } from '@nestjs/common'
import type { PublicJwk } from '@writ/contracts'
import { SealBroken } from '@writ/credentials'
import { importPrivatePem, publicJwkOf } from '@writ/identity'
import { Faults } from '../faults.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'

/** A row of `writ.signing_keys`, as whoever writes into the database left it. */
export type StoredKey = {
  readonly kid: string
  readonly publicJwk: unknown
  readonly sealedPrivate: Uint8Array
}

/** Both halves, from what we sealed. */
export type ProvenKey = { readonly privateKey: KeyObject; readonly publicJwk: PublicJwk }

const KNOWN_KEYS = 10_000
/** Without what no sealed place can have in its name. */
const KID = /^[^|]+$/

/** Tells the signing keys that the authority made from those that somebody else wrote into the database. */
@Injectable()
export class KeyProofs {
  /** by tenant, kid and the very bytes that were looked at, so they cannot be out of date; null for a key that is none of ours */
  readonly #known = new Map<string, ProvenKey | null>()

  constructor(
    private readonly secrets: TenantSecrets,
    private readonly faults: Faults,
  ) {}

  /**
   * A bundle is minted with every edit, so each row is opened once and remembered.
   * @returns null for a key whose private half was not sealed for this tenant and kid, or is not that of the public half; it is said once
   * @throws when the database or the master key is away: that says nothing about the key, and a bundle without it would stop every agent
   */
  async prove(db: TenantDb, row: StoredKey): Promise<ProvenKey | null> {
    const bytes = fingerprintOf(db, row)
    const known = this.#known.get(bytes)
    if (known !== undefined) return known
    const proven = await this.#opened(db, row)
    if (this.#known.size >= KNOWN_KEYS) this.#known.clear()
    this.#known.set(bytes, proven)
    return proven
  }

  async #opened(db: TenantDb, row: StoredKey): Promise<ProvenKey | null> {
    try {
      return await this.#unseal(db, row)
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      this.faults.report(
        `the signing key ${row.kid} of ${db.tenant.slug} in the database is none of ours: nobody is told to trust it`,
        error,
      )
      return null
    }
  }

  async #unseal(db: TenantDb, { kid, publicJwk, sealedPrivate }: StoredKey): Promise<ProvenKey> {
    if (!KID.test(kid)) throw new SealBroken()
    const privateKey = importPrivatePem(await this.secrets.openSigningKey(db, kid, sealedPrivate))
    const own = publicJwkOf(privateKey)
    if (!isDeepStrictEqual(publicJwk, own)) throw new SealBroken()
    return { privateKey, publicJwk: own }
  }
}

const fingerprintOf = ({ tenant }: TenantDb, { kid, publicJwk, sealedPrivate }: StoredKey): string =>
  JSON.stringify([tenant.id, kid, publicJwk, Buffer.from(sealedPrivate).toString('base64')])
