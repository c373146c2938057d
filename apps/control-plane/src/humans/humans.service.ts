import { Injectable } from '@nestjs/common'
import type {
  AccessGroupId,
  HumanId,
  HumanIdentity,
  HumanView,
  NewHuman,
  NewHumanIdentity,
} from '@writ/contracts'
import { groupsOfPrincipal, replaceGroups } from '../access-groups/membership.ts'
import { isOwnerWayIn, requireOwnerWayIn } from '../api-keys/owner-ways.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { conflict, notFound } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import { SsoConnectionsService } from '../sso/sso-connections.service.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { linkIdentity, unlinkIdentity } from './identities.ts'

@Injectable()
export class HumansService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
    private readonly connections: SsoConnectionsService,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<HumanView>> {
    return readPage(db, { select: SELECT, id: 'p.id' }, query, viewOf)
  }

  async get(db: TenantDb, id: HumanId): Promise<HumanView> {
    const row = await db.first<HumanRow>(`${SELECT} and p.id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  async create(db: TenantDb, { name, email }: NewHuman): Promise<HumanView> {
    const nowMs = this.clock.nowMs()
    const id = newId('hum', nowMs)
    await db.insert('humans', { id, name, email, created_at: new Date(nowMs) })
    await this.mint.mint(db)
    return this.get(db, id)
  }

  async move(db: TenantDb, id: HumanId, groups: readonly AccessGroupId[]): Promise<HumanView> {
    await this.get(db, id)
    await replaceGroups(db, 'human', id, groups)
    await this.mint.mint(db)
    return this.get(db, id)
  }

  /** Whoever is that subject at that identity provider is this human from now on. @throws 409 when they are another one already, or this one is erased */
  async link(db: TenantDb, id: HumanId, { sso, subject }: NewHumanIdentity): Promise<HumanView> {
    // Locked: of an erasure that is under way the end is waited for.
    const row = await db.first<Pick<HumanRow, 'status'>>(
      'select status from writ.humans where tenant_id = $1 and id = $2 for key share',
      [id],
    )
    if (!row) throw notFound()
    if (row.status === 'erased') throw conflict('this human is erased')
    const { issuer } = await this.connections.get(db, sso)
    await linkIdentity(db, { issuer, subject, human: id }, new Date(this.clock.nowMs()))
    return this.get(db, id)
  }

  /** @throws 409 for the last way in of an owner */
  async unlink(db: TenantDb, id: HumanId, { sso, subject }: NewHumanIdentity): Promise<HumanView> {
    await this.get(db, id)
    const { issuer } = await this.connections.get(db, sso)
    const wasWayIn = await isOwnerWayIn(db, id)
    await unlinkIdentity(db, { issuer, subject, human: id })
    if (wasWayIn) await requireOwnerWayIn(db)
    return this.get(db, id)
  }
}

type HumanRow = {
  id: HumanId
  name: string
  email: string
  status: HumanView['status']
  roles: HumanView['roles']
  created_at: Date
  groups: AccessGroupId[]
  identities: HumanIdentity[]
}

const SELECT = `select p.id, p.name, p.email, p.status, p.roles, p.created_at, ${groupsOfPrincipal('human')} as groups,
  coalesce((select json_agg(json_build_object('issuer', i.issuer, 'subject', i.subject) order by i.issuer, i.subject)
    from writ.human_identities i where i.tenant_id = p.tenant_id and i.human_id = p.id), '[]') as identities
  from writ.humans p where p.tenant_id = $1`

const viewOf = ({ created_at, ...row }: HumanRow): HumanView => ({
  ...row,
  createdAt: created_at.toISOString(),
})
