import { Injectable } from '@nestjs/common'
import type { AccessGroupId, AgentId, AgentView, EnrolmentToken, HumanId, NewAgent } from '@writ/contracts'
import { groupsOfPrincipal, replaceGroups } from '../access-groups/membership.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { conflict, notFound } from '../http/problem.ts'
import { newId, newSecret } from '../ids-and-secrets.ts'
import { endSessionsOf } from '../sessions/end-sessions.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { OwnerBound } from './owner-bound.ts'

const ENROLMENT_TOKEN_TTL_MS = 10 * 60_000

@Injectable()
export class AgentsService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
  ) {}

  list(db: TenantDb, query: ListQuery, bound: OwnerBound): Promise<Page<AgentView>> {
    return readPage(db, { select: SELECT, id: 'p.id', given: [bound] }, query, viewOf)
  }

  /** @throws 404, also for one that is beyond the bound */
  async get(db: TenantDb, id: AgentId, bound: OwnerBound = null): Promise<AgentView> {
    const row = await db.first<AgentRow>(`${SELECT} and p.id = $3`, [bound, id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /** An invited agent is in no bundle yet: it is nobody until it has enrolled. */
  async create(db: TenantDb, { name, human }: NewAgent, bound: OwnerBound = null): Promise<AgentView> {
    const known = await db.first('select 1 from writ.humans where tenant_id = $1 and id = $2', [human])
    if (!known || (bound !== null && bound !== human)) throw notFound()
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
  async inviteToEnrol(db: TenantDb, id: AgentId, bound: OwnerBound = null): Promise<EnrolmentToken> {
    const { status } = await this.get(db, id, bound)
    if (status === 'revoked' || status === 'suspended') throw conflict(`the agent is ${status}`)
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

  /** Until it is resumed: it gets no token, and those that it has are of an older epoch from now on. */
  async suspend(db: TenantDb, id: AgentId, bound: OwnerBound): Promise<AgentView> {
    const { status } = await this.get(db, id, bound)
    if (status === 'suspended') return this.get(db, id)
    if (status !== 'enrolled') throw conflict(`the agent is ${status}`)
    await this.#turn(db, id, { from: 'enrolled', to: 'suspended' })
    return this.get(db, id)
  }

  /** It goes on with its sessions. */
  async resume(db: TenantDb, id: AgentId, bound: OwnerBound): Promise<AgentView> {
    const { status } = await this.get(db, id, bound)
    if (status === 'enrolled') return this.get(db, id)
    if (status !== 'suspended') throw conflict(`the agent is ${status}`)
    await this.#turn(db, id, { from: 'suspended', to: 'enrolled' })
    return this.get(db, id)
  }

  /** For good: its tokens are of an older epoch from now on, its sessions are over, its open invitations too. */
  async revoke(db: TenantDb, id: AgentId, bound: OwnerBound = null): Promise<AgentView> {
    const { status } = await this.get(db, id, bound)
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

  async #turn(
    db: TenantDb,
    id: AgentId,
    { from, to }: { readonly from: AgentView['status']; readonly to: AgentView['status'] },
  ): Promise<void> {
    await db.rows(
      'update writ.agents set status = $4, epoch = epoch + 1 where tenant_id = $1 and id = $2 and status = $3',
      [id, from, to],
    )
    await this.mint.mint(db)
  }
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
  p.revoked_at, ${groupsOfPrincipal('agent')} as groups from writ.agents p
  where p.tenant_id = $1 and ($2::text is null or p.human_id = $2)`

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
