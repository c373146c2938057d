import { randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { OutletId } from '@writ/contracts'
import { webhookSecretOf } from '@writ/outlets'
import { Clock } from '../clock.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'

/** While a receiver is told of a new secret, the one before still signs too. */
const OVERLAP_MS = 24 * 3_600_000
const KEY_BYTES = 32

/** What an outlet proves itself with. `signing`: newest first, more than one while a secret is replaced. */
export type OpenSecrets = { readonly signing: readonly string[]; readonly authorization: string | null }

export type SecretPurpose = 'signing' | 'authorization'

type SealedRow = { readonly purpose: SecretPurpose; readonly version: number; readonly sealed_secret: Buffer }

/** Secrets of outlets, sealed at rest. */
@Injectable()
export class OutletSecrets {
  constructor(
    private readonly clock: Clock,
    private readonly secrets: TenantSecrets,
  ) {}

  /** @returns the secret, for the one time that it is shown */
  async newSigningSecret(db: TenantDb, outlet: OutletId): Promise<string> {
    const secret = webhookSecretOf(randomBytes(KEY_BYTES))
    await this.#end(db, outlet, OVERLAP_MS)
    await this.#add(db, { outlet, purpose: 'signing' }, secret)
    return secret
  }

  /** @param authorization null: none any more */
  async setAuthorization(db: TenantDb, outlet: OutletId, authorization: string | null): Promise<void> {
    await db.rows(
      `delete from writ.outlet_secrets where tenant_id = $1 and outlet_id = $2 and purpose = 'authorization'`,
      [outlet],
    )
    if (authorization !== null) await this.#add(db, { outlet, purpose: 'authorization' }, authorization)
  }

  async open(db: TenantDb, outlet: OutletId): Promise<OpenSecrets> {
    const rows = await db.rows<SealedRow>(
      `select purpose, version, sealed_secret from writ.outlet_secrets
        where tenant_id = $1 and outlet_id = $2 and (ends_at is null or ends_at > $3) order by version desc`,
      [outlet, new Date(this.clock.nowMs())],
    )
    const opened = await Promise.all(
      rows.map(async ({ purpose, version, sealed_secret }) => ({
        purpose,
        secret: await this.secrets.openOutletSecret(db, { id: outlet, purpose, version }, sealed_secret),
      })),
    )
    return {
      signing: opened.filter(({ purpose }) => purpose === 'signing').map(({ secret }) => secret),
      authorization: opened.find(({ purpose }) => purpose === 'authorization')?.secret ?? null,
    }
  }

  async #add(
    db: TenantDb,
    { outlet, purpose }: { readonly outlet: OutletId; readonly purpose: SecretPurpose },
    secret: string,
  ): Promise<void> {
    const newest = await db.first<{ version: number }>(
      'select coalesce(max(version), 0)::int as version from writ.outlet_secrets where tenant_id = $1 and outlet_id = $2 and purpose = $3',
      [outlet, purpose],
    )
    const version = (newest?.version ?? 0) + 1
    await db.insert('outlet_secrets', {
      outlet_id: outlet,
      purpose,
      version,
      sealed_secret: await this.secrets.sealOutletSecret(db, { id: outlet, purpose, version }, secret),
      made_at: new Date(this.clock.nowMs()),
    })
  }

  /** What signs now goes on for so long; what was ending already is gone. */
  async #end(db: TenantDb, outlet: OutletId, afterMs: number): Promise<void> {
    await db.rows(
      `delete from writ.outlet_secrets where tenant_id = $1 and outlet_id = $2 and purpose = 'signing' and ends_at is not null`,
      [outlet],
    )
    await db.rows(
      `update writ.outlet_secrets set ends_at = $3 where tenant_id = $1 and outlet_id = $2 and purpose = 'signing'`,
      [outlet, new Date(this.clock.nowMs() + afterMs)],
    )
  }
}
