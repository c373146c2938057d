import { Injectable } from '@nestjs/common'
import type {
  AccessGroupId,
  NewPolicy,
  PolicyChange,
  PolicyDocument,
  PolicyId,
  PolicyView,
} from '@writ/contracts'
import { groupsOf, replaceGroups } from '../access-groups/membership.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { readPage, rowsWithin } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { PolicyDraft } from './draft.ts'
import { requirePublishable } from './publishing.ts'

const MOST_VERSIONS = 500

@Injectable()
export class PoliciesService {
  constructor(
    private readonly clock: Clock,
    private readonly mint: Mint,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<PolicyView>> {
    return readPage(db, { select: SELECT_CURRENT, id: 'p.id' }, query, viewOf)
  }

  async get(db: TenantDb, id: PolicyId): Promise<PolicyView> {
    const row = await db.first<PolicyRow>(`${SELECT_CURRENT} and p.id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /** The documents that the policy had before that version, newest first: as many as one answer has room for. */
  async versions(db: TenantDb, id: PolicyId, before: number): Promise<{ items: PolicyView[] }> {
    await this.get(db, id)
    const { rows } = await rowsWithin<PolicyRow>(MOST_VERSIONS, (last, most) =>
      db.rows<PolicyRow>(`${SELECT} and p.id = $2 and v.version < $3 order by v.version desc limit $4`, [
        id,
        last?.version ?? before,
        most,
      ]),
    )
    return { items: rows.map(viewOf) }
  }

  async create(
    db: TenantDb,
    { name, groups }: Pick<NewPolicy, 'name' | 'groups'>,
    draft: PolicyDraft,
  ): Promise<PolicyView> {
    await requirePublishable(draft)
    const id = await insertPolicy(db, { name, ...draft, template: null }, this.clock.nowMs())
    await replaceGroups(db, 'policy', id, groups)
    await this.mint.mint(db)
    return this.get(db, id)
  }

  async change(
    db: TenantDb,
    id: PolicyId,
    { groups, draft }: Pick<PolicyChange, 'groups'> & { readonly draft: PolicyDraft | null },
  ): Promise<PolicyView> {
    await this.get(db, id)
    if (draft) await requirePublishable(draft)
    await lockPolicy(db, id)
    const { version } = await this.get(db, id)
    if (draft) await insertVersion(db, id, version + 1, { ...draft, nowMs: this.clock.nowMs() })
    if (groups) await replaceGroups(db, 'policy', id, groups)
    if (draft || groups) await this.mint.mint(db)
    return this.get(db, id)
  }

  /** The versions stay, because records name them. */
  async remove(db: TenantDb, id: PolicyId): Promise<void> {
    await this.get(db, id)
    await db.rows('delete from writ.group_policies where tenant_id = $1 and policy_id = $2', [id])
    await db.rows('update writ.policies set deleted_at = $3 where tenant_id = $1 and id = $2', [
      id,
      new Date(this.clock.nowMs()),
    ])
    await this.mint.mint(db)
  }
}

type PolicyForm = Pick<PolicyDraft, 'document' | 'cedar'>

/** Writes a policy and its first version; the caller attaches it and mints. */
export async function insertPolicy(
  db: TenantDb,
  { name, template, ...form }: PolicyForm & { readonly name: string; readonly template: string | null },
  nowMs: number,
): Promise<PolicyId> {
  const id = newId('pol', nowMs)
  await db.insert('policies', { id, name, template, created_at: new Date(nowMs) })
  await insertVersion(db, id, 1, { ...form, nowMs })
  return id
}

const insertVersion = (
  db: TenantDb,
  id: PolicyId,
  version: number,
  { document, cedar, nowMs }: PolicyForm & { readonly nowMs: number },
): Promise<void> =>
  db.insert('policy_versions', {
    policy_id: id,
    version,
    document: JSON.stringify(document),
    cedar,
    created_at: new Date(nowMs),
  })

// Two changes of one policy take turns, so that each gets a version of its own.
async function lockPolicy(db: TenantDb, id: PolicyId): Promise<void> {
  await db.rows('select 1 from writ.policies where tenant_id = $1 and id = $2 for update', [id])
}

type PolicyRow = {
  id: PolicyId
  name: string
  version: number
  template: string | null
  document: PolicyDocument
  cedar: string | null
  groups: AccessGroupId[]
  created_at: Date
}

const SELECT = `select p.id, p.name, p.template, v.version, v.document, v.cedar, v.created_at, ${groupsOf('policy')} as groups
  from writ.policies p join writ.policy_versions v on v.tenant_id = p.tenant_id and v.policy_id = p.id
  where p.tenant_id = $1 and p.deleted_at is null`

const SELECT_CURRENT = `${SELECT} and v.version = (select max(n.version) from writ.policy_versions n
  where n.tenant_id = p.tenant_id and n.policy_id = p.id)`

const viewOf = ({ created_at, ...row }: PolicyRow): PolicyView => ({
  ...row,
  createdAt: created_at.toISOString(),
})
