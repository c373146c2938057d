import { Injectable } from '@nestjs/common'
import type {
  CreatedOutlet,
  NewOutlet,
  OutletChange,
  OutletDeadLetter,
  OutletId,
  OutletRedrive,
  OutletTarget,
  OutletView,
} from '@writ/contracts'
import { COMMIT_CHANNEL } from '../bundles/commit-watch.ts'
import { Clock } from '../clock.ts'
import { pageOfRows, readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { badRequest, conflict, notFound } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { outletView, SELECT_OUTLETS } from './outlet-row.ts'
import type { OutletRow } from './outlet-row.ts'
import { OutletSecrets } from './outlet-secrets.ts'
import { requireReceiver } from './receivers.ts'

const MOST_OUTLETS = 10

/** What admins set of outlets. Nothing here waits for a receiver: the deliverer does. */
@Injectable()
export class OutletsService {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly secrets: OutletSecrets,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<OutletView>> {
    return readPage(db, { select: SELECT_OUTLETS, id: 'o.id' }, query, outletView)
  }

  async get(db: TenantDb, id: OutletId): Promise<OutletView> {
    const row = await db.first<OutletRow>(`${SELECT_OUTLETS} and o.id = $2`, [id])
    if (!row) throw notFound()
    return outletView(row)
  }

  async create(db: TenantDb, by: string, asked: NewOutlet): Promise<CreatedOutlet> {
    requireReceiver(asked.target, this.settings.outletReach)
    await requireRoom(db)
    await requireNewName(db, asked.name, null)
    const id = newId('out', this.clock.nowMs())
    await db.insert('outlets', {
      id,
      name: asked.name,
      kind: asked.target.kind,
      target: JSON.stringify(asked.target),
      discloses: asked.discloses,
      next_leaf: asked.from === 'start' ? 0 : await logSize(db),
      created_at: new Date(this.clock.nowMs()),
      created_by: by,
    })
    if (asked.authorization !== undefined) await this.#authorize(db, id, asked.target, asked.authorization)
    const secret = asked.target.kind === 'webhook' ? await this.secrets.newSigningSecret(db, id) : null
    await wake(db)
    return { ...(await this.get(db, id)), secret }
  }

  async change(db: TenantDb, id: OutletId, change: OutletChange): Promise<OutletView> {
    const { target } = await this.get(db, id)
    if (change.name !== undefined) await requireNewName(db, change.name, id)
    if (change.target !== undefined) await this.#retarget(db, id, target, change.target)
    if (change.authorization !== undefined)
      await this.#authorize(db, id, change.target ?? target, change.authorization)
    await db.rows(
      `update writ.outlets set name = coalesce($3, name), discloses = coalesce($4, discloses)
        where tenant_id = $1 and id = $2`,
      [id, change.name ?? null, change.discloses ?? null],
    )
    return this.get(db, id)
  }

  async remove(db: TenantDb, id: OutletId): Promise<void> {
    await this.get(db, id)
    await db.rows('delete from writ.outlet_secrets where tenant_id = $1 and outlet_id = $2', [id])
    await db.rows('update writ.outlets set deleted_at = $3 where tenant_id = $1 and id = $2', [
      id,
      new Date(this.clock.nowMs()),
    ])
  }

  /** What is being sent right now is still sent. The place is kept. */
  async pause(db: TenantDb, id: OutletId): Promise<OutletView> {
    await this.get(db, id)
    await db.rows(
      'update writ.outlets set paused_at = coalesce(paused_at, $3) where tenant_id = $1 and id = $2',
      [id, new Date(this.clock.nowMs())],
    )
    return this.get(db, id)
  }

  /** It goes on at once where it was; also one that waits for its next try. */
  async resume(db: TenantDb, id: OutletId): Promise<OutletView> {
    await this.get(db, id)
    await db.rows(
      'update writ.outlets set paused_at = null, due_at = now() where tenant_id = $1 and id = $2',
      [id],
    )
    await wake(db)
    return this.get(db, id)
  }

  /** A test event goes out soon, also from an outlet that is paused; its end shows in the status. */
  async test(db: TenantDb, id: OutletId): Promise<OutletView> {
    const { status } = await this.get(db, id)
    if (status.test?.outcome === 'waiting') throw conflict('a test event is on its way already')
    const nowMs = this.clock.nowMs()
    await db.rows(
      `update writ.outlets set test_id = $3, test_asked_at = $4, test_ended_at = null, test_code = null, test_detail = null
        where tenant_id = $1 and id = $2`,
      [id, newId('dec', nowMs).slice('dec_'.length), new Date(nowMs)],
    )
    await wake(db)
    return this.get(db, id)
  }

  async renewSecret(db: TenantDb, id: OutletId): Promise<CreatedOutlet> {
    const { target } = await this.get(db, id)
    if (target.kind !== 'webhook') throw conflict('only webhooks are signed')
    const secret = await this.secrets.newSigningSecret(db, id)
    return { ...(await this.get(db, id)), secret }
  }

  async deadLetters(
    db: TenantDb,
    id: OutletId,
    { limit, after }: ListQuery,
  ): Promise<Page<OutletDeadLetter>> {
    await this.get(db, id)
    if (!/^\d{0,15}$/.test(after)) throw badRequest('after: it is the `next` of the page before')
    const rows = await db.rows<DeadLetterRow>(
      `select leaf_index::text as id, to_leaf::float8 as to_leaf, reason, detail, tries, at, again_at
         from writ.outlet_dead_letters where tenant_id = $1 and outlet_id = $2 and leaf_index > $3
        order by leaf_index limit $4`,
      [id, after === '' ? -1 : Number(after), limit + 1],
    )
    return pageOfRows(rows, limit, deadLetterView)
  }

  /** Those that may be delivered after all: what cannot be read, or is gone, stays a dead letter. */
  async redrive(db: TenantDb, id: OutletId, { leaves }: OutletRedrive): Promise<OutletView> {
    await this.get(db, id)
    await db.rows(
      `update writ.outlet_dead_letters set again_at = now()
        where tenant_id = $1 and outlet_id = $2 and reason = 'refused' and ($3::bigint[] is null or leaf_index = any($3))`,
      [id, leaves ?? null],
    )
    await wake(db)
    return this.get(db, id)
  }

  // The authorization was for whoever it was given for. Whoever delivers to the receiver of before loses the lease with it, for what it still
  // sends there the new receiver does not have.
  async #retarget(db: TenantDb, id: OutletId, before: OutletTarget, after: OutletTarget): Promise<void> {
    if (after.kind !== before.kind) throw conflict('an outlet stays of its kind: make another one')
    requireReceiver(after, this.settings.outletReach)
    await this.secrets.setAuthorization(db, id, null)
    await db.rows(
      `update writ.outlets set target = $3, width = default, failures = 0, refusals = 0, failure_code = null, failure_detail = null, due_at = now(),
         lease_epoch = lease_epoch + 1, lease_holder = null, lease_until = '-infinity' where tenant_id = $1 and id = $2`,
      [id, JSON.stringify(after)],
    )
  }

  async #authorize(
    db: TenantDb,
    id: OutletId,
    target: OutletTarget,
    authorization: string | null,
  ): Promise<void> {
    if (target.kind === 'syslog') throw badRequest('authorization: syslog has no place for one')
    await this.secrets.setAuthorization(db, id, authorization)
  }
}

type DeadLetterRow = Pick<OutletDeadLetter, 'reason' | 'detail' | 'tries'> & {
  readonly id: string
  readonly to_leaf: number
  readonly at: Date
  readonly again_at: Date | null
}

const deadLetterView = ({ id, to_leaf, at, again_at, ...row }: DeadLetterRow): OutletDeadLetter => ({
  leafIndex: Number(id),
  toLeaf: to_leaf,
  ...row,
  at: at.toISOString(),
  again: again_at !== null,
})

/** Deliverers look at once, and not at their time. */
const wake = async ({ manager, tenant }: TenantDb): Promise<void> =>
  void (await manager.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, tenant.slug]))

async function requireRoom(db: TenantDb): Promise<void> {
  // Two that are made at once take turns, so that there are never more.
  await db.rows('select 1 from writ.tenants where id = $1 for no key update')
  const there = await db.first<{ count: number }>(
    'select count(*)::int as count from writ.outlets where tenant_id = $1 and deleted_at is null and not of_operator',
  )
  if ((there?.count ?? 0) >= MOST_OUTLETS) throw conflict(`a tenant has at most ${MOST_OUTLETS} outlets`)
}

async function requireNewName(db: TenantDb, name: string, self: OutletId | null): Promise<void> {
  const taken = await db.first(
    `select 1 from writ.outlets
      where tenant_id = $1 and name = $2 and deleted_at is null and not of_operator and id is distinct from $3`,
    [name, self],
  )
  if (taken) throw conflict('an outlet of this name exists already')
}

async function logSize(db: TenantDb): Promise<number> {
  const log = await db.first<{ size: number }>(
    'select size::float8 as size from writ.tenant_logs where tenant_id = $1',
  )
  return log?.size ?? 0
}
