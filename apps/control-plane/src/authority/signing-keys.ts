import { Injectable } from '@nestjs/common'
import type { PublicJwk, SigningKeyView } from '@writ/contracts'
import { generateKeyPem } from '@writ/identity'
import type { TokenSigner } from '@writ/identity'
import { Clock } from '../clock.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'
import { KeyProofs } from './key-proofs.ts'
import type { ProvenKey, StoredKey } from './key-proofs.ts'

/** A key is published for so long before it signs, so that every gateway and every cache of a key set knows it. */
const NOTICE_MS = 600_000
/** Longer than what it signed lives: for so long a retired key stays published. */
const AFTERLIFE_MS = 600_000

/**
 * The ES256 keys with which a tenant's authority signs access tokens. A `kid` names its tenant, so it belongs to one issuer. What somebody
 * else wrote into the database is none of them: it signs nothing, is published nowhere, and holds up no rotation.
 */
@Injectable()
export class SigningKeys {
  constructor(
    private readonly clock: Clock,
    private readonly secrets: TenantSecrets,
    private readonly proofs: KeyProofs,
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
    return (await this.#own(db)).map(({ kid, useAfter, retiredAt }) => ({
      kid,
      useAfter: useAfter.toISOString(),
      retiredAt: retiredAt?.toISOString() ?? null,
    }))
  }

  /** Until the transaction ends nobody else rotates. */
  async takeTurns(db: TenantDb): Promise<void> {
    await db.rows(`select pg_advisory_xact_lock(hashtextextended('writ.signing_keys ' || $1::text, 0))`)
  }

  /** Epoch milliseconds since when, or from when on, the newest key signs. */
  async newestUseMs(db: TenantDb): Promise<number> {
    return Math.max(0, ...(await this.#own(db)).map(({ useAfter }) => useAfter.getTime()))
  }

  /** The newest key whose time has come. */
  async current(db: TenantDb): Promise<TokenSigner> {
    const ready = await this.#own(db, 'use_after <= $2 and (retired_at is null or retired_at > $2)', [
      new Date(this.clock.nowMs()),
    ])
    // They come in the order in which they were made: of two that began at the same moment the later one signs.
    const [first, ...later] = ready
    if (!first) throw new Error('a tenant has a signing key')
    const { kid, privateKey } = later.reduce(
      (best, key) => (key.useAfter < best.useAfter ? best : key),
      first,
    )
    return { kid, privateKey }
  }

  /** Those that sign, will sign, or have signed what may still live. */
  async published(db: TenantDb): Promise<{ kid: string; key: PublicJwk }[]> {
    const known = await this.#own(db, '(retired_at is null or retired_at > $2)', [
      new Date(this.clock.nowMs() - AFTERLIFE_MS),
    ])
    return known.map(({ kid, publicJwk }) => ({ kid, key: publicJwk }))
  }

  /** @param condition SQL of ours */
  async #own(db: TenantDb, condition = 'true', parameters: readonly unknown[] = []): Promise<OwnKey[]> {
    const rows = await db.rows<KeyRow>(
      `select kid, public_jwk as "publicJwk", sealed_private as "sealedPrivate", use_after as "useAfter", retired_at as "retiredAt"
         from writ.signing_keys where tenant_id = $1 and ${condition} order by created_at, kid`,
      parameters,
    )
    const own: OwnKey[] = []
    for (const { useAfter, retiredAt, ...stored } of rows) {
      const proven = await this.proofs.prove(db, stored)
      if (proven) own.push({ ...proven, kid: stored.kid, useAfter, retiredAt })
    }
    return own
  }

  async #add(db: TenantDb, useAfter: Date): Promise<void> {
    const { privatePem, publicJwk } = generateKeyPem()
    const row = await db.first<{ next: number }>(NEXT)
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

type Times = { readonly useAfter: Date; readonly retiredAt: Date | null }
type KeyRow = StoredKey & Times
type OwnKey = ProvenKey & Times & { readonly kid: string }

// Of n + 1 numbers n rows cannot have taken every one, whoever wrote them.
const NEXT = `
  select min(number)::int as next
    from (select count(*)::int as count from writ.signing_keys where tenant_id = $1) as known,
      lateral generate_series(count + 1, 2 * count + 1) as number
   where not exists (select from writ.signing_keys k where k.tenant_id = $1 and k.kid = $1 || ':' || number)`
