import { Injectable } from '@nestjs/common'
import type { AccessGroupId, HumanId, HumanView, NewHuman } from '@writ/contracts'
import { groupsOfPrincipal, replaceGroups } from '../access-groups/membership.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { pageOfRows } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

@Injectable()
export class HumansService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
  ) {}

  async list(db: TenantDb, { limit, after }: ListQuery): Promise<Page<HumanView>> {
    const rows = await db.rows<HumanRow>(`${SELECT} and p.id > $2 order by p.id limit $3`, [after, limit + 1])
    return pageOfRows(rows, limit, viewOf)
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
}

type HumanRow = { id: HumanId; name: string; email: string; created_at: Date; groups: AccessGroupId[] }

const SELECT = `select p.id, p.name, p.email, p.created_at, ${groupsOfPrincipal('human')} as groups
  from writ.humans p where p.tenant_id = $1`

const viewOf = ({ id, name, email, groups, created_at }: HumanRow): HumanView => ({
  id,
  name,
  email,
  groups,
  createdAt: created_at.toISOString(),
})
