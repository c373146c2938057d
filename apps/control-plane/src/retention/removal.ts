import { Injectable } from '@nestjs/common'
import { PlatformQueries } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { AcknowledgementsService } from '../nodes/acknowledgements.service.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { takeHoldTurn } from './hold-turn.ts'
import { DEFAULT_MONTHS } from './retention.service.ts'

const TENANTS_AT_ONCE = 100
const RECORDS_AT_ONCE = 2000
const ACKNOWLEDGEMENTS_AT_ONCE = 2000
const DAY_MS = 86_400_000
/** A tenant of which nothing can be removed waits, and no other with it. */
const AFTER_FAILURE_MS = 600_000

/** `isMore`: there may be more at once. `failures`: each of one tenant, which is looked at again later. */
export type Round = { readonly isMore: boolean; readonly failures: readonly unknown[] }

/**
 * Removes what is older than its retention and under no hold. What may go is the database's to say, in the function that removes it; the
 * hashes of the leaves stay in the tiles, so what stays is proved as before. Each removal and its record are one transaction. What nodes said of
 * former bundles goes with it, and is on no record.
 */
@Injectable()
export class Removal {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly administrations: Administrations,
    private readonly acknowledgements: AcknowledgementsService,
  ) {}

  /** A piece of what every tenant has that is due, and whole months of which nothing is left; months to come are made. */
  async removeExpired(): Promise<Round> {
    const tenants = await this.platform.retentionDue(new Date(this.clock.nowMs()), TENANTS_AT_ONCE)
    const failures: unknown[] = []
    const failed = (error: unknown) => void failures.push(error)
    let isMore = tenants.length === TENANTS_AT_ONCE
    for (const tenant of tenants)
      await this.tenancy
        .run(tenant, (db) => this.#removeOf(db))
        .then((wasFull) => (isMore ||= wasFull))
        .catch((error: unknown) => {
          failed(error)
          return this.tenancy.run(tenant, (db) => this.#lookAgain(db, AFTER_FAILURE_MS, null))
        })
        .catch(failed)
    await this.platform.tendPartitions()
    return { isMore, failures }
  }

  /** @returns whether there may be more */
  async #removeOf(db: TenantDb): Promise<boolean> {
    await takeHoldTurn(db)
    const [gone]: Gone[] = await db.manager.query(REMOVE, [RECORDS_AT_ONCE])
    const former = await this.acknowledgements.removeFormer(db, ACKNOWLEDGEMENTS_AT_ONCE)
    const nextLeaf = gone?.nextLeaf ?? 0
    const isFull = nextLeaf > 0 || former === ACKNOWLEDGEMENTS_AT_ONCE
    await this.#lookAgain(db, isFull ? 0 : DAY_MS, nextLeaf)
    if (gone && gone.removed > 0 && (await isRecorded(db))) await this.#record(db, gone)
    return isFull
  }

  /** @param nextLeaf where that look begins; null: where this one did */
  async #lookAgain(db: TenantDb, afterMs: number, nextLeaf: number | null): Promise<void> {
    await db.rows(DUE, [DEFAULT_MONTHS, new Date(this.clock.nowMs() + afterMs), nextLeaf])
  }

  #record(db: TenantDb, { removed, firstLeaf, lastLeaf }: Gone): Promise<void> {
    return this.administrations.record(db, {
      permission: 'platform',
      route: 'retention of records',
      by: { kind: 'platform', id: 'retention', name: 'retention of records' },
      target: db.tenant.id,
      before: null,
      after: { removed, firstLeaf, lastLeaf },
    })
  }
}

/**
 * Of a deleted tenant, what is removed once twice its retention is over is what the platform recorded of its removals: another record of that
 * would never let its log end. Which leaves are gone stands in `removals` as ever.
 */
async function isRecorded(db: TenantDb): Promise<boolean> {
  const row = await db.first<{ isRecorded: boolean }>(IS_RECORDED)
  return row?.isRecorded ?? false
}

/** `nextLeaf`: where what was not looked at begins; null where nothing is left of it. */
type Gone = {
  readonly removed: number
  readonly firstLeaf: number | null
  readonly lastLeaf: number | null
  readonly nextLeaf: number | null
}

const REMOVE = `
  select removed::float8 as removed, first_leaf::float8 as "firstLeaf", last_leaf::float8 as "lastLeaf", next_leaf::float8 as "nextLeaf"
    from app.remove_expired_piece(coalesce((select r.next_leaf from writ.retentions r where r.tenant_id = app.tid()), 0), $1)`

const IS_RECORDED = `
  select deleted_at is null or app.kept_since() < deleted_at + (now() - app.kept_since()) as "isRecorded" from writ.tenants where id = $1`

const DUE = `
  insert into writ.retentions as r (tenant_id, months, former_months, due_at, next_leaf) values ($1, $2, $2, $3, coalesce($4::bigint, 0))
    on conflict (tenant_id) do update set due_at = excluded.due_at, next_leaf = coalesce($4::bigint, r.next_leaf)`
