import { Injectable } from '@nestjs/common'
import type { AgentId, GrantId, GrantView, HumanId, ToolAuthorizations } from '@writ/contracts'
import type { OwnerBound } from '../agents/owner-bound.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { endSessionsOfGrant } from '../sessions/end-sessions.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** What humans let agents do, and its end. */
@Injectable()
export class GrantsService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
  ) {}

  list(db: TenantDb, query: ListQuery, bound: OwnerBound): Promise<Page<GrantView>> {
    return readPage(db, { select: SELECT, id: 'g.id', given: [bound] }, query, viewOf)
  }

  async get(db: TenantDb, id: GrantId, bound: OwnerBound = null): Promise<GrantView> {
    const row = await db.first<GrantRow>(`${SELECT} and g.id = $3`, [bound, id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /** The sessions that rest on it end with it. */
  async revoke(
    db: TenantDb,
    id: GrantId,
    { by, bound }: { readonly by: string; readonly bound: OwnerBound },
  ): Promise<GrantView> {
    await this.get(db, id, bound)
    const at = new Date(this.clock.nowMs())
    await db.rows(
      'update writ.grants set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null',
      [id, at],
    )
    const ended = await endSessionsOfGrant(db, id, { at, by, reason: 'its grant was taken back' })
    if (ended > 0) await this.mint.mint(db)
    return this.get(db, id)
  }
}

type GrantRow = {
  id: GrantId
  agent_id: AgentId
  human_id: HumanId
  authorization_details: ToolAuthorizations | null
  granted_at: Date
  until: Date
  revoked_at: Date | null
}

/** Those of one's own agents, and those that one gave oneself. */
const SELECT = `select g.id, g.agent_id, g.human_id, g.authorization_details, g.granted_at, g.until, g.revoked_at
  from writ.grants g join writ.agents a on a.tenant_id = g.tenant_id and a.id = g.agent_id
  where g.tenant_id = $1 and ($2::text is null or a.human_id = $2 or g.human_id = $2)`

const viewOf = (row: GrantRow): GrantView => ({
  id: row.id,
  agent: row.agent_id,
  human: row.human_id,
  authorizations: row.authorization_details,
  grantedAt: row.granted_at.toISOString(),
  until: row.until.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
})
