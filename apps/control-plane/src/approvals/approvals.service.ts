import { Injectable } from '@nestjs/common'
import type { ApprovalId, ApprovalState, ApprovalView, HumanId } from '@writ/contracts'
import { COMMIT_CHANNEL } from '../bundles/commit-watch.ts'
import { Clock } from '../clock.ts'
import { pageOfRows } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { conflict, forbidden, notFound } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** The side of people: they see what waits, and answer it once. */
@Injectable()
export class ApprovalsService {
  constructor(private readonly clock: Clock) {}

  async list(
    db: TenantDb,
    { limit, after, state }: ListQuery & { readonly state?: ApprovalState | undefined },
  ): Promise<Page<ApprovalView>> {
    const rows = await db.rows<ApprovalRow>(
      `${SELECT} and a.id > $3 and ($4::text is null or ${STATE} = $4) order by a.id limit $5`,
      [this.#now(), after, state ?? null, limit + 1],
    )
    return pageOfRows(rows, limit, viewOf)
  }

  async get(db: TenantDb, id: ApprovalId): Promise<ApprovalView> {
    const row = await db.first<ApprovalRow>(`${SELECT} and a.id = $3`, [this.#now(), id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /**
   * Never by the human for whom the call would be made, nor by the one whose agent asks: whoever asks does not answer, nor with a key that
   * they made.
   * @param humans who are behind the answer; none for an API key that is nobody's
   * @throws 403 for a request of their own, 409 when somebody was faster or it is too late
   */
  async approve(
    db: TenantDb,
    id: ApprovalId,
    { by, humans }: { readonly by: string; readonly humans: readonly HumanId[] },
  ): Promise<ApprovalView> {
    if (await isOwn(db, id, humans)) throw forbidden('nobody approves what their own agent asked for')
    return this.#decide(db, id, { as: 'approved', by })
  }

  /** @throws 409 when somebody was faster, or when it is too late */
  refuse(db: TenantDb, id: ApprovalId, by: string): Promise<ApprovalView> {
    return this.#decide(db, id, { as: 'refused', by })
  }

  async #decide(
    db: TenantDb,
    id: ApprovalId,
    { as, by }: { readonly as: 'approved' | 'refused'; readonly by: string },
  ): Promise<ApprovalView> {
    const decided = await db.first(
      `update writ.approvals set state = $3, decided_by = $4, decided_at = $5
       where tenant_id = $1 and id = $2 and state = 'pending' and expires_at > $5 returning id`,
      [id, as, by, this.#now()],
    )
    const view = await this.get(db, id)
    if (!decided) throw conflict(`the request is ${view.state} already`)
    // The gateway that holds the call may be waiting at any control plane.
    await db.manager.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, db.tenant.slug])
    return view
  }

  #now(): Date {
    return new Date(this.clock.nowMs())
  }
}

const isOwn = async (db: TenantDb, id: ApprovalId, humans: readonly HumanId[]): Promise<boolean> =>
  (await db.first(
    `select 1 from writ.approvals a join writ.agents g on g.tenant_id = a.tenant_id and g.id = a.agent_id
     where a.tenant_id = $1 and a.id = $2 and array[a.human_id, g.human_id] && $3::text[]`,
    [id, humans],
  )) !== null

type ApprovalRow = Omit<
  ApprovalView,
  'agent' | 'human' | 'connection' | 'bundle' | 'createdAt' | 'expiresAt' | 'decidedAt'
> & {
  agent_id: ApprovalView['agent']['id']
  agent_name: string
  human_id: ApprovalView['human']['id']
  human_name: string
  connection_id: ApprovalView['connection']['id']
  connection_name: string | null
  bundle_version: number
  bundle_sha256: string
  created_at: Date
  expires_at: Date
  decided_at: Date | null
}

// What ran out of time says so itself: it is only marked when the same call asks again, and forgotten much later.
const STATE = `case when a.state in ('pending', 'approved') and a.expires_at <= $2 then 'expired' else a.state end`

const SELECT = `select a.id, ${STATE} as state, a.session_id as session, a.agent_id, g.name as agent_name, a.human_id,
  h.name as human_name, a.connection_id, c.name as connection_name, a.tool, a.args_sha256 as "argsSha256", a.bundle_version,
  a.bundle_sha256, a.policy_id as policy, a.rule, a.reason, a.created_at, a.expires_at, a.decided_by as "decidedBy", a.decided_at
  from writ.approvals a join writ.agents g on g.tenant_id = a.tenant_id and g.id = a.agent_id
  join writ.humans h on h.tenant_id = a.tenant_id and h.id = a.human_id
  left join writ.connections c on c.tenant_id = a.tenant_id and c.id = a.connection_id where a.tenant_id = $1`

/** Where an action on the agent's own machine would go. */
const LOCAL = 'local'

const viewOf = (row: ApprovalRow): ApprovalView => ({
  id: row.id,
  state: row.state,
  session: row.session,
  agent: named(row.agent_id, row.agent_name),
  human: named(row.human_id, row.human_name),
  connection: named(row.connection_id, row.connection_name ?? LOCAL),
  tool: row.tool,
  argsSha256: row.argsSha256,
  bundle: { version: row.bundle_version, sha256: row.bundle_sha256 },
  policy: row.policy,
  rule: row.rule,
  reason: row.reason,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  decidedBy: row.decidedBy,
  decidedAt: row.decided_at?.toISOString() ?? null,
})

const named = <Id>(id: Id, name: string) => ({ id, name })
