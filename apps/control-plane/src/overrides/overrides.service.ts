import { Injectable } from '@nestjs/common'
import type { NewOverride, OverrideId, OverrideView } from '@writ/contracts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { badRequest, conflict, notFound, ProblemError } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import { currentRules } from '../policies/current-rules.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

const LONGEST_MS = 30 * 24 * 3_600_000
const MOST_IN_FORCE = 500

/** Exceptions from single rules. Each ends by itself, and what was removed stays on file because records name it. */
@Injectable()
export class OverridesService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<OverrideView>> {
    return readPage(db, { select: SELECT, id: 'o.id' }, query, viewOf)
  }

  async create(db: TenantDb, apiKey: string, override: NewOverride): Promise<OverrideView> {
    const nowMs = this.clock.nowMs()
    requireNear(Date.parse(override.until), nowMs)
    await requireKnown(db, override)
    await requireRoom(db, nowMs)
    const id = newId('ovr', nowMs)
    const { policy, ...columns } = override
    await db.insert('overrides', {
      id,
      policy_id: policy,
      ...columns,
      created_by: apiKey,
      created_at: new Date(nowMs),
    })
    await this.mint.mint(db)
    return this.#get(db, id)
  }

  async remove(db: TenantDb, apiKey: string, id: OverrideId): Promise<void> {
    await this.#get(db, id)
    await db.rows(
      'update writ.overrides set removed_at = $3, removed_by = $4 where tenant_id = $1 and id = $2',
      [id, new Date(this.clock.nowMs()), apiKey],
    )
    await this.mint.mint(db)
  }

  async #get(db: TenantDb, id: OverrideId): Promise<OverrideView> {
    const row = await db.first<OverrideRow>(`${SELECT} and o.id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }
}

function requireNear(untilMs: number, nowMs: number): void {
  if (untilMs <= nowMs) throw badRequest('`until` is over already')
  if (untilMs > nowMs + LONGEST_MS) throw badRequest('an override lasts at most 30 days')
}

/** @throws 404 naming what there is not; another tenant's ids answer exactly like ids that do not exist */
async function requireKnown(db: TenantDb, { policy, rule, principal }: NewOverride): Promise<void> {
  const rules = await currentRules(db, policy)
  if (rules === null) throw nothingAt('policy', 'there is no such id')
  if (!rules.includes(rule)) throw nothingAt('rule', 'the policy has no such rule now')
  const known = await db.first(
    `select 1 from writ.agents where tenant_id = $1 and id = $2
     union all select 1 from writ.humans where tenant_id = $1 and id = $2
     union all select 1 from writ.access_groups where tenant_id = $1 and id = $2`,
    [principal],
  )
  if (!known) throw nothingAt('principal', 'there is no such id')
}

const nothingAt = (path: string, message: string): ProblemError =>
  new ProblemError({
    title: 'Not Found',
    status: 404,
    detail: 'there is nothing here',
    errors: [{ path, message }],
  })

async function requireRoom(db: TenantDb, nowMs: number): Promise<void> {
  const inForce = await db.first<{ count: number }>(
    'select count(*)::int as count from writ.overrides where tenant_id = $1 and removed_at is null and until > $2',
    [new Date(nowMs)],
  )
  if ((inForce?.count ?? 0) >= MOST_IN_FORCE)
    throw conflict(`at most ${MOST_IN_FORCE} overrides are in force at once`)
}

type OverrideRow = Omit<OverrideView, 'until' | 'createdAt'> & { until: Date; created_at: Date }

const SELECT = `select o.id, o.policy_id as policy, o.rule, o.principal, o.resource, o.until, o.reason,
  o.created_by as "createdBy", o.created_at from writ.overrides o where o.tenant_id = $1 and o.removed_at is null`

const viewOf = ({ created_at, until, ...row }: OverrideRow): OverrideView => ({
  ...row,
  until: until.toISOString(),
  createdAt: created_at.toISOString(),
})
