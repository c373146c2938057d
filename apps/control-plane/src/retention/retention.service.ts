import { Injectable } from '@nestjs/common'
import type { RetentionView } from '@writ/contracts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { takeHoldTurn } from './hold-turn.ts'

/** Where nobody has said anything. */
export const DEFAULT_MONTHS = 13

@Injectable()
export class RetentionService {
  async view(db: TenantDb): Promise<RetentionView> {
    const row = await db.first<RetentionRow>(SELECT, [DEFAULT_MONTHS])
    if (!row) throw new Error('a tenant that is open exists')
    const { kept_since, changed_at, ...view } = row
    return { ...view, keptSince: kept_since.toISOString(), changedAt: changed_at?.toISOString() ?? null }
  }

  /** What was said before counts on for 7 days where it is longer: the database sees to that. */
  async change(db: TenantDb, months: number): Promise<RetentionView> {
    await takeHoldTurn(db)
    await db.rows(
      `insert into writ.retentions (tenant_id, months, former_months) values ($1, $2, $2) on conflict do nothing`,
      [DEFAULT_MONTHS],
    )
    await db.rows('update writ.retentions set months = $2 where tenant_id = $1', [months])
    return this.view(db)
  }
}

type RetentionRow = Omit<RetentionView, 'keptSince' | 'changedAt'> & {
  readonly kept_since: Date
  readonly changed_at: Date | null
}

const SELECT = `
  select coalesce(r.months, $2::integer) as months, app.kept_since() as kept_since, r.changed_at,
    (select count(*)::integer from writ.holds where tenant_id = $1
       and (released_at is null or released_at > now() - interval '7 days')) as held,
    coalesce((select removed from writ.tenant_logs where tenant_id = $1), 0)::float8 as "removedLeaves"
  from (select) as one left join writ.retentions r on r.tenant_id = $1`
