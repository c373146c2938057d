import { Injectable } from '@nestjs/common'
import type {
  AccessGroupChange,
  AccessGroupId,
  AccessGroupView,
  AgentId,
  ConnectionId,
  GroupSettings,
  HumanId,
  NewAccessGroup,
  PolicyId,
} from '@writ/contracts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { conflict, notFound } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { GROUP_SETTINGS, replaceMembers } from './membership.ts'

@Injectable()
export class AccessGroupsService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<AccessGroupView>> {
    return readPage(db, { select: SELECT, id: 'p.id' }, query, viewOf)
  }

  async get(db: TenantDb, id: AccessGroupId): Promise<AccessGroupView> {
    const row = await db.first<GroupRow>(`${SELECT} and p.id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  async create(db: TenantDb, { name, ...settings }: NewAccessGroup): Promise<AccessGroupView> {
    const id = newId('grp', this.clock.nowMs())
    await db.insert('access_groups', {
      id,
      name,
      is_default: false,
      default_outcome: settings.default,
      oversize: settings.oversize,
      approvers: settings.approvers,
    })
    await this.mint.mint(db)
    return this.get(db, id)
  }

  async change(db: TenantDb, id: AccessGroupId, change: AccessGroupChange): Promise<AccessGroupView> {
    await this.get(db, id)
    await db.rows(
      `update writ.access_groups set default_outcome = coalesce($3, default_outcome), oversize = coalesce($4, oversize),
         approvers = coalesce($5, approvers) where tenant_id = $1 and id = $2`,
      [id, change.default ?? null, change.oversize ?? null, change.approvers ?? null],
    )
    await this.mint.mint(db)
    return this.get(db, id)
  }

  async setPolicies(
    db: TenantDb,
    id: AccessGroupId,
    policies: readonly PolicyId[],
  ): Promise<AccessGroupView> {
    return this.#replace(db, 'policy', id, policies)
  }

  async setConnections(
    db: TenantDb,
    id: AccessGroupId,
    connections: readonly ConnectionId[],
  ): Promise<AccessGroupView> {
    return this.#replace(db, 'connection', id, connections)
  }

  /** Whoever is in it is nobody from the next bundle on, until it is resumed. */
  async setSuspended(db: TenantDb, id: AccessGroupId, isSuspended: boolean): Promise<AccessGroupView> {
    await this.get(db, id)
    await db.rows(
      `update writ.access_groups set suspended_at = case when $3 then coalesce(suspended_at, $4) end
       where tenant_id = $1 and id = $2`,
      [id, isSuspended, new Date(this.clock.nowMs())],
    )
    await this.mint.mint(db)
    return this.get(db, id)
  }

  /** Its principals fall back to their other groups, or to the default group. */
  async remove(db: TenantDb, id: AccessGroupId): Promise<void> {
    const { isDefault } = await this.get(db, id)
    if (isDefault) throw conflict('the default group holds everyone who is in no other group, so it stays')
    for (const table of ['group_agents', 'group_humans', 'group_policies', 'group_connections']) {
      await db.rows(`delete from writ.${table} where tenant_id = $1 and group_id = $2`, [id])
    }
    await db.rows('delete from writ.access_groups where tenant_id = $1 and id = $2', [id])
    await this.mint.mint(db)
  }

  async #replace(
    db: TenantDb,
    member: 'policy' | 'connection',
    id: AccessGroupId,
    ids: readonly string[],
  ): Promise<AccessGroupView> {
    await this.get(db, id)
    await replaceMembers(db, member, id, ids)
    await this.mint.mint(db)
    return this.get(db, id)
  }
}

type GroupRow = GroupSettings & {
  id: AccessGroupId
  name: string
  is_default: boolean
  suspended: boolean
  agents: AgentId[]
  humans: HumanId[]
  policies: PolicyId[]
  connections: ConnectionId[]
}

const members = (table: string, column: string): string =>
  `coalesce((select array_agg(m.${column} order by m.${column}) from writ.${table} m
    where m.tenant_id = p.tenant_id and m.group_id = p.id), '{}')`

// The default group also holds every principal that is in no group at all.
const principals = (kind: 'agent' | 'human'): string =>
  `coalesce((select array_agg(x.id order by x.id) from writ.${kind}s x where x.tenant_id = p.tenant_id and (
    exists (select 1 from writ.group_${kind}s m where m.tenant_id = x.tenant_id and m.${kind}_id = x.id and m.group_id = p.id)
    or p.is_default and not exists (select 1 from writ.group_${kind}s m where m.tenant_id = x.tenant_id and m.${kind}_id = x.id)
  )), '{}')`

const SELECT = `select p.id, p.name, p.is_default, p.suspended_at is not null as suspended, ${GROUP_SETTINGS}, ${principals('agent')} as agents, ${principals('human')} as humans,
  ${members('group_policies', 'policy_id')} as policies, ${members('group_connections', 'connection_id')} as connections
  from writ.access_groups p where p.tenant_id = $1`

const viewOf = ({ is_default, ...row }: GroupRow): AccessGroupView => ({ ...row, isDefault: is_default })
