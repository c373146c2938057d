import { Injectable } from '@nestjs/common'
import type { OutletId } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { Failure } from './channels/channel.ts'
import { AnyTarget } from './outlet-row.ts'

/** Longer than any one thing that is done under it: whoever holds a lease and is alive renews it before. */
export const LEASE_SECONDS = 30
/** How many leaves go out at once when nothing is refused. */
export const WIDEST = 200

/** An outlet that this process delivers now. `epoch` is what every change of the place is fenced by. */
export type Leased = {
  readonly id: OutletId
  readonly epoch: number
  readonly target: AnyTarget
  readonly discloses: boolean
  readonly isPaused: boolean
  readonly nextLeaf: number
  readonly width: number
  readonly failures: number
  readonly refusals: number
  readonly testId: string | null
}

type LeasedRow = Omit<Leased, 'target'> & { readonly target: unknown }

const LEASED = `id, lease_epoch::float8 as epoch, target, discloses, paused_at is not null as "isPaused",
  next_leaf::float8 as "nextLeaf", width, failures, refusals,
  case when test_asked_at is not null and test_ended_at is null then test_id end as "testId"`
const OURS = 'tenant_id = $1 and id = $2 and lease_epoch = $3 and deleted_at is null'
const RENEWED = `lease_until = now() + interval '${LEASE_SECONDS} seconds'`

/** How far each outlet has come. All times are those of Postgres, so that no clock of a control plane decides who delivers. */
@Injectable()
export class Places {
  /** @returns null when somebody else delivers it */
  async lease(db: TenantDb, id: OutletId, holder: string): Promise<Leased | null> {
    const row = await db.first<LeasedRow>(
      `update writ.outlets set lease_holder = $3, lease_epoch = lease_epoch + 1, ${RENEWED}
        where tenant_id = $1 and id = $2 and lease_until < now() and deleted_at is null returning ${LEASED}`,
      [id, holder],
    )
    return row && leasedOf(row)
  }

  /** As it is now, with the lease renewed. @returns null when the lease was lost, or the outlet is no more */
  async renew(db: TenantDb, { id, epoch }: Leased): Promise<Leased | null> {
    const row = await db.first<LeasedRow>(
      `update writ.outlets set ${RENEWED} where ${OURS} and lease_until >= now() returning ${LEASED}`,
      [id, epoch],
    )
    return row && leasedOf(row)
  }

  /**
   * Everything before `to` is done with.
   * @param delivered how many of it the receiver has
   * @returns false when the lease was lost, or the ledger does not have it any more: it went back meanwhile, and the place stays
   */
  async advance(
    db: TenantDb,
    { id, epoch, nextLeaf }: Leased,
    to: number,
    delivered: number,
  ): Promise<boolean> {
    const moved = await db.first(
      `update writ.outlets set next_leaf = $5, delivered = delivered + $6, delivered_at = case when $6 > 0 then now() else delivered_at end,
         failures = 0, refusals = 0, width = least(width * 2, ${WIDEST}), failure_code = null, failure_detail = null
        where ${OURS} and next_leaf = $4 and $5::bigint <= (select size from writ.tenant_logs where tenant_id = $1) returning id`,
      [id, epoch, nextLeaf, to, delivered],
    )
    return moved !== null
  }

  /** The place stays, and fewer go out next time: whatever one record does to a receiver, it soon stands alone. */
  async fail(
    db: TenantDb,
    { id, epoch }: Leased,
    failed: Failure,
    next: { readonly waitMs: number; readonly isRefusal: boolean },
  ): Promise<void> {
    await db.rows(
      `update writ.outlets set failures = failures + 1, failed_at = now(), failure_code = $4, failure_detail = $5,
         due_at = now() + make_interval(secs => $6),
         refusals = case when $7 then refusals + 1 else 0 end, width = greatest(width / 2, 1)
        where ${OURS}`,
      [id, epoch, failed.code, failed.detail, next.waitMs / 1000, next.isRefusal],
    )
  }

  /** Others may deliver it from now on; behind those that have waited longer. */
  async release(db: TenantDb, { id, epoch }: Leased): Promise<void> {
    await db.rows(
      `update writ.outlets set lease_holder = null, lease_until = '-infinity', due_at = greatest(due_at, now()) where ${OURS}`,
      [id, epoch],
    )
  }

  async endTest(db: TenantDb, { id, epoch, testId }: Leased, failed: Failure | null): Promise<void> {
    await db.rows(
      `update writ.outlets set test_ended_at = now(), test_code = $5, test_detail = $6 where ${OURS} and test_id = $4`,
      [id, epoch, testId, failed?.code ?? null, failed?.detail ?? null],
    )
  }
}

const leasedOf = (row: LeasedRow): Leased => ({ ...row, target: AnyTarget.parse(row.target) })
