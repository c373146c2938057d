import { Injectable } from '@nestjs/common'
import type { ApiKeyView, CreatedApiKey, HumanId, NewApiKey, Role } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { badRequest, notFound } from '../http/problem.ts'
import { newId, newSecret } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { requireOwnerWayIn } from './owner-ways.ts'

@Injectable()
export class ApiKeysService {
  constructor(private readonly clock: Clock) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<ApiKeyView>> {
    return readPage(db, { select: SELECT, id: 'id' }, query, viewOf)
  }

  async get(db: TenantDb, id: string): Promise<ApiKeyView> {
    const row = await db.first<ApiKeyRow>(`${SELECT} and id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  /**
   * The answer is the only place that ever holds the key itself.
   * @param maker the human who makes it, null where none does
   */
  async create(
    db: TenantDb,
    { name, role, human, expiresAt }: NewApiKey,
    maker: HumanId | null,
  ): Promise<CreatedApiKey> {
    const createdAt = new Date(this.clock.nowMs())
    const expires = expiresAt === null ? null : new Date(expiresAt)
    if (expires !== null && expires <= createdAt) throw badRequest('expiresAt lies in the past')
    if (human !== null) await requireHuman(db, human)
    const id = newId('wak', createdAt.getTime())
    const { secret, sha256 } = newSecret()
    await db.insert('api_keys', {
      id,
      name,
      role,
      human_id: human,
      made_by: maker,
      secret_sha256: sha256,
      created_at: createdAt,
      expires_at: expires,
    })
    return { ...(await this.get(db, id)), key: `${id}.${secret}` }
  }

  async revoke(db: TenantDb, id: string): Promise<void> {
    const revoked = await db.first<{ role: Role }>(
      'update writ.api_keys set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and id = $2 returning role',
      [id, new Date(this.clock.nowMs())],
    )
    if (!revoked) throw notFound()
    if (revoked.role === 'owner') await requireOwnerWayIn(db)
  }
}

async function requireHuman(db: TenantDb, human: HumanId): Promise<void> {
  if (!(await db.first('select 1 from writ.humans where tenant_id = $1 and id = $2', [human])))
    throw notFound()
}

type ApiKeyRow = {
  id: string
  name: string
  role: Role
  human_id: HumanId | null
  made_by: HumanId | null
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
}

const SELECT = `select id, name, role, human_id, made_by, created_at, expires_at, last_used_at, revoked_at from writ.api_keys
  where tenant_id = $1`

const viewOf = (row: ApiKeyRow): ApiKeyView => ({
  id: row.id,
  name: row.name,
  role: row.role,
  human: row.human_id,
  madeBy: row.made_by,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
})
