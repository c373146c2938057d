import type { KeyObject } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { PublicJwk, SigningKeyView } from '@writ/contracts'
import { generateKeyPem, importPrivatePem } from '@writ/identity'
import type { TokenSigner } from '@writ/identity'
import { Clock } from '../clock.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'

const OPEN_KEYS = 1000
/** A key is published for so long before it signs, so that every gateway and every cache of a key set knows it. */
const NOTICE_MS = 600_000
/** Longer than what it signed lives: for so long a retired key stays published. */
const AFTERLIFE_MS = 600_000

/** The ES256 keys with which a tenant's authority signs access tokens. A `kid` names its tenant, so it belongs to one issuer. */
@Injectable()
export class SigningKeys {
  /** opened keys by kid: immutable, so they cannot be out of date */
  readonly #open = new Map<string, KeyObject>()

  constructor(
    private readonly clock: Clock,
    private readonly secrets: TenantSecrets,
  ) {}

  /** The first key of a tenant. */
  async create(db: TenantDb): Promise<void> {
    await this.#add(db, new Date(this.clock.nowMs()))
  }

  /**
   * A new key takes over: once everybody knows it, or at once, and then what the others signed counts no longer. The caller mints the bundle that
   * tells the gateways.
   */
  async rotate(db: TenantDb, when: 'soon' | 'now'): Promise<SigningKeyView[]> {
    await this.takeTurns(db)
    const nowMs = this.clock.nowMs()
    const useAfter = new Date(nowMs + (when === 'soon' ? NOTICE_MS : 0))
    // What is distrusted is published no longer: its afterlife is over.
    const retiredAt = when === 'soon' ? useAfter : new Date(nowMs - AFTERLIFE_MS)
    await db.rows(
      `update writ.signing_keys set retired_at = $2
       where tenant_id = $1 and (retired_at is null or retired_at > $2)`,
      [retiredAt],
    )
    await this.#add(db, useAfter)
    return this.list(db)
  }

  async list(db: TenantDb): Promise<SigningKeyView[]> {
    const rows = await db.rows<{ kid: string; use_after: Date; retired_at: Date | null }>(
      'select kid, use_after, retired_at from writ.signing_keys where tenant_id = $1 order by created_at, kid',
    )
    return rows.map(({ kid, use_after, retired_at }) => ({
      kid,
      useAfter: use_after.toISOString(),
      retiredAt: retired_at?.toISOString() ?? null,
    }))
  }

  /** Until the transaction ends nobody else rotates. */
  async takeTurns(db: TenantDb): Promise<void> {
    await db.rows(`select pg_advisory_xact_lock(hashtextextended('writ.signing_keys ' || $1::text, 0))`)
  }

  /** Epoch milliseconds since when, or from when on, the newest key signs. */
  async newestUseMs(db: TenantDb): Promise<number> {
    const row = await db.first<{ newest: Date }>(
      'select max(use_after) as newest from writ.signing_keys where tenant_id = $1',
    )
    return row?.newest.getTime() ?? 0
  }

  /** The newest key whose time has come. */
  async current(db: TenantDb): Promise<TokenSigner> {
    const row = await db.first<{ kid: string; sealed_private: Buffer }>(
      `select kid, sealed_private from writ.signing_keys
       where tenant_id = $1 and use_after <= $2 and (retired_at is null or retired_at > $2)
       order by use_after desc, created_at desc limit 1`,
      [new Date(this.clock.nowMs())],
    )
    if (!row) throw new Error('a tenant has a signing key')
    const known = this.#open.get(row.kid)
    if (known) return { kid: row.kid, privateKey: known }
    const privateKey = importPrivatePem(await this.secrets.openSigningKey(db, row.kid, row.sealed_private))
    if (this.#open.size >= OPEN_KEYS) this.#open.clear()
    this.#open.set(row.kid, privateKey)
    return { kid: row.kid, privateKey }
  }

  /** Those that sign, will sign, or have signed what may still live. */
  published(db: TenantDb): Promise<{ kid: string; key: PublicJwk }[]> {
    return db.rows(
      `select kid, public_jwk as key from writ.signing_keys
       where tenant_id = $1 and (retired_at is null or retired_at > $2) order by created_at, kid`,
      [new Date(this.clock.nowMs() - AFTERLIFE_MS)],
    )
  }

  async #add(db: TenantDb, useAfter: Date): Promise<void> {
    const { privatePem, publicJwk } = generateKeyPem()
    const row = await db.first<{ next: number }>(
      'select count(*)::int + 1 as next from writ.signing_keys where tenant_id = $1',
    )
    const kid = `${db.tenant.id}:${row?.next ?? 1}`
    const sealed = await this.secrets.sealSigningKey(db, kid, privatePem)
    await db.insert('signing_keys', {
      kid,
      public_jwk: JSON.stringify(publicJwk),
      sealed_private: sealed,
      use_after: useAfter,
    })
  }
}
