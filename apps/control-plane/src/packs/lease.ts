import type { Clock } from '../clock.ts'
import { randomToken } from '../ids-and-secrets.ts'
import type { Tenant } from '../tenancy/admission.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { PackInterrupted } from './work.ts'
import type { PackPlan, PackWork } from './work.ts'

/** A control plane that says nothing for so long makes the pack no more: another one begins anew. */
const LEASE_MS = 90_000
/** How often it says so, and how far it is. */
const TELL_MS = 1500

export type Finished = { readonly sizeBytes: number; readonly sha256: string; readonly expiresAt: Date }
type Progress = { readonly step: string; readonly done: number; readonly total: number | null }

/** The right to make one pack. Every piece of the file is written by whoever holds it, in the transaction that looks whether they still do. */
export class PackLease implements PackWork {
  readonly #clock: Clock
  readonly #tenancy: Tenancy
  readonly #tenant: Tenant
  readonly #id: string
  readonly #isStopped: () => boolean
  readonly #token = randomToken(16)
  /** by a clock that nobody sets */
  #toldAtMs = 0
  #progress: Progress = { step: 'begin', done: 0, total: null }
  #pieces = 0

  // oxlint-disable-next-line max-params -- where it is, whose it is, and until when
  constructor(
    clock: Clock,
    tenancy: Tenancy,
    pack: { readonly tenant: Tenant; readonly id: string },
    isStopped: () => boolean,
  ) {
    this.#clock = clock
    this.#tenancy = tenancy
    this.#tenant = pack.tenant
    this.#id = pack.id
    this.#isStopped = isStopped
  }

  /** False when somebody else has it, or it is not to be made. What a former holder wrote is gone then. */
  take(): Promise<boolean> {
    return this.inTenant(async (db) => {
      const taken = await db.first(TAKE, [this.#id, this.#token, LEASE_MS])
      if (taken)
        await db.rows('delete from writ.pack_pieces where tenant_id = $1 and pack_id = $2', [this.#id])
      return taken !== null
    })
  }

  inTenant<T>(work: (db: TenantDb) => Promise<T>): Promise<T> {
    return this.#tenancy.run(this.#tenant, work)
  }

  async tell(step: string, done: number, total: number | null): Promise<void> {
    if (this.#isStopped()) throw new PackInterrupted()
    const isNew = step !== this.#progress.step
    this.#progress = { step, done, total }
    if (isNew || performance.now() - this.#toldAtMs >= TELL_MS) await this.inTenant((db) => this.#renew(db))
  }

  async addPiece(piece: Uint8Array): Promise<void> {
    const at = this.#pieces
    this.#pieces += 1
    await this.inTenant(async (db) => {
      await this.#renew(db)
      await db.insert('pack_pieces', { pack_id: this.#id, at, piece })
    })
  }

  plan(plan: PackPlan, checkpoint: string, rows: number): Promise<void> {
    return this.#change('from_leaf = $4, to_leaf = $5, row_count = $6, tree_size = $7, checkpoint = $8', [
      plan.from,
      plan.to,
      rows,
      plan.treeSize,
      checkpoint,
    ])
  }

  finish({ sizeBytes, sha256, expiresAt }: Finished): Promise<void> {
    return this.#change(
      `state = 'done', lease = null, leased_until = null, step = null, size_bytes = $4, sha256 = $5, expires_at = $6, finished_at = $7`,
      [sizeBytes, sha256, expiresAt, new Date(this.#clock.nowMs())],
    )
  }

  /** It waits again, for so long. @param isAttempt whether that counts as one of the times that it may be begun */
  release(waitMs: number, isAttempt: boolean): Promise<void> {
    return this.#change(
      `state = 'waiting', lease = null, leased_until = null, step = null, due_at = ${inMs('$4')}, attempts = attempts - $5`,
      [waitMs, isAttempt ? 0 : 1],
    )
  }

  async fail(reason: string): Promise<void> {
    await this.inTenant(async (db) => {
      await db.rows(
        `update writ.packs set state = 'failed', lease = null, leased_until = null, step = null, checkpoint = null, failure = $4
          where tenant_id = $1 and id = $2 and lease = $3`,
        [this.#id, this.#token, reason],
      )
      await db.rows(
        `delete from writ.pack_pieces where tenant_id = $1 and pack_id in
           (select id from writ.packs where tenant_id = $1 and id = $2 and state = 'failed')`,
        [this.#id],
      )
    })
  }

  async #renew(db: TenantDb): Promise<void> {
    if (this.#isStopped()) throw new PackInterrupted()
    const { step, done, total } = this.#progress
    const held = await db.first(RENEW, [this.#id, this.#token, LEASE_MS, step, done, total])
    if (!held) throw new PackInterrupted()
    this.#toldAtMs = performance.now()
  }

  async #change(columns: string, values: readonly unknown[]): Promise<void> {
    const held = await this.inTenant((db) =>
      db.first(
        `update writ.packs set ${columns} where tenant_id = $1 and id = $2 and lease = $3 and state = 'making' returning id`,
        [this.#id, this.#token, ...values],
      ),
    )
    if (!held) throw new PackInterrupted()
  }
}

// By the clock of the database, which is the same for everybody who could take it.
const inMs = (parameter: string): string => `now() + ${parameter}::float8 * interval '1 millisecond'`

const TAKE = `update writ.packs set state = 'making', lease = $3, leased_until = ${inMs('$4')}, attempts = attempts + 1
  where tenant_id = $1 and id = $2 and state in ('waiting', 'making') and coalesce(leased_until, '-infinity') <= now()
  returning id`

const RENEW = `update writ.packs set leased_until = ${inMs('$4')}, step = $5, step_done = $6, step_total = $7
  where tenant_id = $1 and id = $2 and lease = $3 and state = 'making' returning id`
