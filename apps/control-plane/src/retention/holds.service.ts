import { Injectable } from '@nestjs/common'
import { termsAsked } from '@writ/audit'
import type { HoldId, HoldView, NewHold } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { badRequest, conflict, notFound, overLimit } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import type { By } from '../tenancy/admission.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { takeHoldTurn } from './hold-turn.ts'

const MOST_IN_FORCE = 500

/** Legal holds. One is placed and released, and never anything else: the database refuses it to everybody. */
@Injectable()
export class HoldsService {
  constructor(private readonly clock: Clock) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<HoldView>> {
    return readPage(db, { select: SELECT, id: 'id' }, query, viewOf)
  }

  /** @throws 404 */
  async get(db: TenantDb, id: HoldId): Promise<HoldView> {
    const row = await db.first<HoldRow>(`${SELECT} and id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /** @throws 409 where as many are in force as may be: each is compared with each record that grows old; 400 for one that is of no time */
  async place(db: TenantDb, by: By, { reason, filter, firstLeaf, lastLeaf }: NewHold): Promise<HoldView> {
    requireTime(filter)
    await takeHoldTurn(db)
    const row = await db.first<{ n: number }>(
      'select count(*)::integer as n from writ.holds where tenant_id = $1 and released_at is null',
    )
    if ((row?.n ?? 0) >= MOST_IN_FORCE) throw overLimit('holds', MOST_IN_FORCE)
    const { from, until } = filter
    const id = newId('hld', this.clock.nowMs())
    await db.insert('holds', {
      id,
      reason,
      placed_by: JSON.stringify(whoOf(by)),
      filter: JSON.stringify(filter),
      terms: `{${termsAsked(filter).join(',')}}`,
      from_at: from ?? null,
      until_at: until ?? null,
      first_leaf: firstLeaf ?? null,
      last_leaf: lastLeaf ?? null,
    })
    return this.get(db, id)
  }

  /** @throws 404, or 409 for one that was released before */
  async release(
    db: TenantDb,
    by: By,
    { id, reason }: { readonly id: HoldId; readonly reason: string },
  ): Promise<HoldView> {
    const { released } = await this.get(db, id)
    if (released) throw conflict('this hold was released before')
    await db.rows(
      `update writ.holds set released_at = now(), released_by = $3, release_reason = $4
        where tenant_id = $1 and id = $2 and released_at is null`,
      [id, JSON.stringify(whoOf(by)), reason],
    )
    return this.get(db, id)
  }
}

/** Whoever places one that keeps nothing believes that it keeps something. @throws 400 */
function requireTime({ from, until }: NewHold['filter']): void {
  if (from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until))
    throw badRequest('from comes before until')
}

const whoOf = ({ kind, id }: By): Pick<By, 'kind' | 'id'> => ({ kind, id })

type HoldRow = {
  readonly id: HoldId
  readonly reason: string
  readonly placed_by: HoldView['placedBy']
  readonly placed_at: Date
  readonly filter: HoldView['filter']
  readonly first_leaf: number | null
  readonly last_leaf: number | null
  readonly released_at: Date | null
  readonly released_by: HoldView['placedBy'] | null
  readonly release_reason: string | null
  readonly keeps_until: Date | null
}

const SELECT = `select id, reason, placed_by, placed_at, filter, first_leaf::float8 as first_leaf, last_leaf::float8 as last_leaf,
  released_at, released_by, release_reason, released_at + interval '7 days' as keeps_until from writ.holds where tenant_id = $1`

const viewOf = (row: HoldRow): HoldView => ({
  id: row.id,
  reason: row.reason,
  placedBy: row.placed_by,
  placedAt: row.placed_at.toISOString(),
  filter: row.filter,
  firstLeaf: row.first_leaf,
  lastLeaf: row.last_leaf,
  released: releaseOf(row),
})

function releaseOf({ released_at, released_by, release_reason, keeps_until }: HoldRow): HoldView['released'] {
  if (!released_at || !released_by || !keeps_until) return null
  return {
    at: released_at.toISOString(),
    by: released_by,
    reason: release_reason ?? '',
    keepsUntil: keeps_until.toISOString(),
  }
}
