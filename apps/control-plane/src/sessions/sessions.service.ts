import { Injectable } from '@nestjs/common'
import type {
  AgentId,
  HumanId,
  SessionEnd,
  SessionId,
  SessionView,
  ToolAuthorizations,
} from '@writ/contracts'
import type { DeviceRow } from '@writ/postgres'
import type { OwnerBound } from '../agents/owner-bound.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { endSession } from './end-sessions.ts'

/** Ends sessions for good: their session keys get no token any more, and the next bundle tells the gateways. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly mint: Mint,
  ) {}

  list(db: TenantDb, query: ListQuery, bound: OwnerBound): Promise<Page<SessionView>> {
    return readPage(db, { select: SELECT, id: 's.id', given: [bound] }, query, viewOf)
  }

  /** @throws 404, also for one that is beyond the bound */
  async get(db: TenantDb, id: SessionId, bound: OwnerBound = null): Promise<SessionView> {
    const row = await db.first<SessionRow>(`${SELECT} and s.id = $3`, [bound, id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /** For a gateway, when policy aborted the session. */
  async endFor(node: string, id: SessionId, { tenant, reason }: SessionEnd): Promise<void> {
    await this.tenancy.run(await this.tenancy.bySlug(tenant), (db) => this.end(db, id, { by: node, reason }))
  }

  /** For the device of an agent, which ends what that agent began and nothing else. @throws 404 */
  async endOwn(device: DeviceRow, id: SessionId, { reason }: SessionEnd): Promise<void> {
    await this.tenancy.run({ id: device.tenantId, slug: device.slug }, async (db) => {
      const { agent } = await this.get(db, id)
      if (agent !== device.agentId) throw notFound()
      await this.end(db, id, { by: device.id, reason })
    })
  }

  /** With what it delegated. Ending it again changes nothing. @throws 404 */
  async end(
    db: TenantDb,
    id: SessionId,
    { by, reason }: { readonly by: string; readonly reason: string },
  ): Promise<void> {
    const ended = await endSession(db, id, { at: new Date(this.clock.nowMs()), by, reason })
    if (ended > 0) await this.mint.mint(db)
    else await this.get(db, id)
  }
}

type SessionRow = {
  id: SessionId
  agent_id: AgentId
  human_id: HumanId
  parent_session_id: SessionId | null
  key_thumbprint: string
  authorization_details: ToolAuthorizations | null
  created_at: Date
  last_token_at: Date
  ends_at: Date | null
  ended_at: Date | null
  ended_by: string | null
  ended_reason: string | null
}

/** Those of one's own agents, and those in which an agent acts for oneself. */
const SELECT = `select s.id, s.agent_id, s.human_id, s.parent_session_id, s.key_thumbprint, s.authorization_details, s.created_at,
  s.last_token_at, s.ends_at, s.ended_at, s.ended_by, s.ended_reason
  from writ.sessions s join writ.agents a on a.tenant_id = s.tenant_id and a.id = s.agent_id
  where s.tenant_id = $1 and ($2::text is null or a.human_id = $2 or s.human_id = $2)`

const viewOf = (row: SessionRow): SessionView => ({
  id: row.id,
  agent: row.agent_id,
  human: row.human_id,
  parent: row.parent_session_id,
  keyThumbprint: row.key_thumbprint,
  authorizations: row.authorization_details,
  createdAt: row.created_at.toISOString(),
  lastTokenAt: row.last_token_at.toISOString(),
  endsAt: row.ends_at?.toISOString() ?? null,
  endedAt: row.ended_at?.toISOString() ?? null,
  endedBy: row.ended_by,
  endedReason: row.ended_reason,
})
