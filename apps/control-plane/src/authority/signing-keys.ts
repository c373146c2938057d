import type { KeyObject } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { PublicJwk } from '@writ/contracts'
import { generateKeyPem, importPrivatePem } from '@writ/identity'
import type { TokenSigner } from '@writ/identity'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'

const OPEN_KEYS = 1000

/** The ES256 keys with which a tenant's authority signs access tokens. A `kid` names its tenant, so it belongs to one issuer. */
@Injectable()
export class SigningKeys {
  /** opened keys by kid: immutable, so they cannot be out of date */
  readonly #open = new Map<string, KeyObject>()

  constructor(private readonly secrets: TenantSecrets) {}

  async create(db: TenantDb): Promise<void> {
    const { privatePem, publicJwk } = generateKeyPem()
    const kid = `${db.tenant.id}:1`
    const sealed = await this.secrets.sealSigningKey(db, kid, privatePem)
    await db.insert('signing_keys', { kid, public_jwk: JSON.stringify(publicJwk), sealed_private: sealed })
  }

  /** The newest key that is not retired. */
  async current(db: TenantDb): Promise<TokenSigner> {
    const row = await db.first<{ kid: string; sealed_private: Buffer }>(
      `select kid, sealed_private from writ.signing_keys where tenant_id = $1 and retired_at is null
       order by created_at desc, kid desc limit 1`,
    )
    if (!row) throw new Error('a tenant has a signing key')
    const known = this.#open.get(row.kid)
    if (known) return { kid: row.kid, privateKey: known }
    const privateKey = importPrivatePem(await this.secrets.openSigningKey(db, row.kid, row.sealed_private))
    if (this.#open.size >= OPEN_KEYS) this.#open.clear()
    this.#open.set(row.kid, privateKey)
    return { kid: row.kid, privateKey }
  }

  published(db: TenantDb): Promise<{ kid: string; key: PublicJwk }[]> {
    return db.rows(
      'select kid, public_jwk as key from writ.signing_keys where tenant_id = $1 order by created_at, kid',
    )
  }
}
