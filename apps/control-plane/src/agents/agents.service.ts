import { Injectable } from '@nestjs/common'
import type { AccessGroupId, AgentId, AgentView, EnrolmentToken, HumanId, NewAgent } from '@writ/contracts'
import { groupsOfPrincipal, replaceGroups } from '../access-groups/membership.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { pageOfRows } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { conflict, notFound } from '../http/problem.ts'
import { newId, newSecret } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

const ENROLMENT_TOKEN_TTL_MS = 10 * 60_000

@Injectable()
export class AgentsService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
  ) {}

  async list(db: TenantDb, { limit, after }: ListQuery): Promise<Page<AgentView>> {
    const rows = await db.rows<AgentRow>(`${SELECT} and p.id > $2 order by p.id limit $3`, [after, limit + 1])
    return pageOfRows(rows, limit, viewOf)
  }

  async get(db: TenantDb, id: AgentId): Promise<AgentView> {
    const row = await db.first<AgentRow>(`${SELECT} and p.id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /** An invited agent is in no bundle yet: it is nobody until it has enrolled. */
  async create(db: TenantDb, { name, human }: NewAgent): Promise<AgentView> {
    const known = await db.first('select 1 from writ.humans where tenant_id = $1 and id = $2', [human])
    if (!known) throw notFound()
    const nowMs = this.clock.nowMs()
    const id = newId('agt', nowMs)
    await db.insert('agents', {
      id,
      name,
      human_id: human,
      status: 'invited',
      epoch: 0,
      created_at: new Date(nowMs),
    })
    return this.get(db, id)
  }

  /** The answer is the only place that ever holds the one-time token. For an enrolled agent it replaces the lost key. */
  async inviteToEnrol(db: TenantDb, id: AgentId): Promise<EnrolmentToken> {
    const { status } = await this.get(db, id)
    if (status === 'revoked') throw conflict('the agent is revoked')
    const nowMs = this.clock.nowMs()
    const tokenId = newId('wen', nowMs)
    const expiresAt = new Date(nowMs + ENROLMENT_TOKEN_TTL_MS)
    const { secret, sha256 } = newSecret()
    await db.insert('enrolment_tokens', {
      id: tokenId,
      agent_id: id,
      secret_sha256: sha256,
      expires_at: expiresAt,
    })
    return { token: `${tokenId}.${secret}`, agent: id, expiresAt: expiresAt.toISOString() }
  }

  async move(db: TenantDb, id: AgentId, groups: readonly AccessGroupId[]): Promise<AgentView> {
    await this.get(db, id)
    await replaceGroups(db, 'agent', id, groups)
    await this.mint.mint(db)
    return this.get(db, id)
  }

  /** For good: its tokens are of an older epoch from now on, its sessions are over, its open invitations too. */
  async revoke(db: TenantDb, id: AgentId): Promise<AgentView> {
    const { status } = await this.get(db, id)
    if (status === 'revoked') return this.get(db, id)
    const now = new Date(this.clock.nowMs())
    await db.rows(
      `update writ.agents set status = 'revoked', revoked_at = $3, epoch = epoch + 1
       where tenant_id = $1 and id = $2`,
      [id, now],
    )
    await endSessionsOf(db, id, now)
    await db.rows(
      'update writ.enrolment_tokens set used_at = $3 where tenant_id = $1 and agent_id = $2 and used_at is null',
      [id, now],
    )
    await this.mint.mint(db)
    return this.get(db, id)
  }
}

export async function endSessionsOf(db: TenantDb, agent: AgentId, at: Date): Promise<void> {
  await db.rows(
    'update writ.sessions set ended_at = $3 where tenant_id = $1 and agent_id = $2 and ended_at is null',
    [agent, at],
  )
}

type AgentRow = {
  id: AgentId
  name: string
  human_id: HumanId
  status: AgentView['status']
  identity_thumbprint: string | null
  groups: AccessGroupId[]
  created_at: Date
  enrolled_at: Date | null
  revoked_at: Date | null
}

const SELECT = `select p.id, p.name, p.human_id, p.status, p.identity_thumbprint, p.created_at, p.enrolled_at,
  p.revoked_at, ${groupsOfPrincipal('agent')} as groups from writ.agents p where p.tenant_id = $1`

const viewOf = (row: AgentRow): AgentView => ({
  id: row.id,
  name: row.name,
  human: row.human_id,
  status: row.status,
  identityKey: row.identity_thumbprint,
  groups: row.groups,
  createdAt: row.created_at.toISOString(),
  enrolledAt: row.enrolled_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
})
