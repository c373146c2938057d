import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { rawX25519, sealingKey, sealTo } from '@writ/audit'
import type { HumanId, Sealed, SubjectKeyId } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'

/** Whom values are sealed to. */
export type Subject = { readonly id: SubjectKeyId; readonly publicKey: string }

/** Of a key: the private half, or that it was destroyed. */
export type SubjectSecret = KeyObject | 'destroyed'

/**
 * The key pairs of humans. The private half is sealed under the tenant's data key and read only to show a record to whoever may see it.
 * Destroying it is what erasing a human is; whoever was erased gets no other.
 */
@Injectable()
export class SubjectKeys {
  constructor(
    private readonly clock: Clock,
    private readonly secrets: TenantSecrets,
  ) {}

  /** Before a bundle is made: every active human has a key, and every name is sealed as it is now. */
  async prepareNames(db: TenantDb): Promise<void> {
    const rows = await db.rows<UnsealedName>(UNSEALED_NAMES)
    const subjects = await this.of(
      db,
      rows.map(({ human }) => human),
    )
    const sealed = rows.flatMap(({ human, name }) => {
      const subject = subjects.get(human)
      return subject ? [{ human, sealed: sealedTo(subject, name) }] : []
    })
    if (sealed.length > 0) await db.rows(KEEP_NAMES, [JSON.stringify(sealed)])
  }

  /** The keys of these humans, made where there is none. Without those who were erased, and those whom the tenant does not have. */
  async of(db: TenantDb, humans: readonly HumanId[]): Promise<ReadonlyMap<HumanId, Subject>> {
    const wanted = [...new Set(humans)]
    if (wanted.length === 0) return new Map()
    const rows = await db.rows<SubjectRow>(SUBJECTS, [wanted])
    const missing = rows.filter(({ id }) => id === null).map(({ human }) => human)
    for (const human of missing) await this.#make(db, human)
    const all = missing.length === 0 ? rows : await db.rows<SubjectRow>(SUBJECTS, [wanted])
    return new Map(
      all.flatMap(({ human, id, publicKey, isDestroyed }) =>
        id === null || publicKey === null || isDestroyed ? [] : [[human, { id, publicKey }]],
      ),
    )
  }

  /**
   * The private halves; keys that the tenant does not have are left out.
   * @param isHeld whether none of them is destroyed before the transaction ends; one that is destroyed now is waited for
   */
  async secretsOf(
    db: TenantDb,
    keys: readonly SubjectKeyId[],
    isHeld: boolean,
  ): Promise<ReadonlyMap<string, SubjectSecret>> {
    const rows = await db.rows<SecretRow>(`${SECRETS} ${isHeld ? 'order by id for share' : ''}`, [
      [...new Set(keys)],
    ])
    const open = this.secrets.openSubjectKeys(db)
    const found = new Map<string, SubjectSecret>()
    for (const { id, publicKey: x, sealedPrivate } of rows)
      found.set(id, sealedPrivate === null ? 'destroyed' : privateKeyOf(x, await open(id, sealedPrivate)))
    return found
  }

  /** For good. @returns the key that there was; null where nothing had been sealed to that human yet */
  async destroy(db: TenantDb, human: HumanId): Promise<SubjectKeyId | null> {
    const row = await db.first<{ id: SubjectKeyId }>(
      `update writ.subject_keys set sealed_private = null, name = null, destroyed_at = $3
       where tenant_id = $1 and human_id = $2 and destroyed_at is null returning id`,
      [human, new Date(this.clock.nowMs())],
    )
    return row?.id ?? null
  }

  // Two requests that make it at once: one of the pairs is kept, and nothing was sealed to the other.
  async #make(db: TenantDb, human: HumanId): Promise<void> {
    const nowMs = this.clock.nowMs()
    const id = newId('sub', nowMs)
    const { privateKey } = generateKeyPairSync('x25519')
    const { d } = privateKey.export({ format: 'jwk' })
    if (d === undefined) throw new Error('an X25519 key has a private half')
    await db.insert(
      'subject_keys',
      {
        id,
        human_id: human,
        public_key: rawX25519(privateKey),
        sealed_private: Buffer.from(await this.secrets.sealSubjectKey(db, id, d)),
        created_at: new Date(nowMs),
      },
      'on conflict (tenant_id, human_id) do nothing',
    )
  }
}

/** Under an ephemeral key of its own. */
export function sealedTo(subject: Subject, value: string): Sealed {
  const { privateKey } = generateKeyPairSync('x25519')
  return sealTo(sealingKey(subject, privateKey), value, { salt: randomBytes(32), nonce: randomBytes(12) })
}

const privateKeyOf = (x: string, d: string): KeyObject =>
  createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', x, d }, format: 'jwk' })

type UnsealedName = { readonly human: HumanId; readonly name: string }
type SubjectRow = {
  readonly human: HumanId
  readonly id: SubjectKeyId | null
  readonly publicKey: string | null
  readonly isDestroyed: boolean
}
type SecretRow = {
  readonly id: SubjectKeyId
  readonly publicKey: string
  readonly sealedPrivate: Buffer | null
}

const UNSEALED_NAMES = `select h.id as human, h.name from writ.humans h
  left join writ.subject_keys k on k.tenant_id = h.tenant_id and k.human_id = h.id
  where h.tenant_id = $1 and h.status = 'active' and k.name is null order by h.id`

const KEEP_NAMES = `update writ.subject_keys k set name = fresh.sealed
  from jsonb_to_recordset($2::jsonb) as fresh (human text, sealed jsonb)
  where k.tenant_id = $1 and k.human_id = fresh.human and k.destroyed_at is null`

const SUBJECTS = `select h.id as human, k.id, k.public_key as "publicKey", k.destroyed_at is not null as "isDestroyed"
  from writ.humans h left join writ.subject_keys k on k.tenant_id = h.tenant_id and k.human_id = h.id
  where h.tenant_id = $1 and h.id = any($2::text[]) and h.status <> 'erased'`

const SECRETS = `select id, public_key as "publicKey", sealed_private as "sealedPrivate" from writ.subject_keys
  where tenant_id = $1 and id = any($2::text[])`
