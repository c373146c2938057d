import { Injectable } from '@nestjs/common'
import type { ApiKeyView, CreatedApiKey, NewApiKey, Role } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { pageOfRows } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { newId, newSecret } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

@Injectable()
export class ApiKeysService {
  constructor(private readonly clock: Clock) {}

  async list(db: TenantDb, { limit, after }: ListQuery): Promise<Page<ApiKeyView>> {
    const rows = await db.rows<ApiKeyRow>(
      'select id, name, role, created_at, revoked_at from writ.api_keys where tenant_id = $1 and id > $2 order by id limit $3',
      [after, limit + 1],
    )
    return pageOfRows(rows, limit, viewOf)
  }

  /** The answer is the only place that ever holds the key itself. */
  async create(db: TenantDb, { name, role }: NewApiKey): Promise<CreatedApiKey> {
    const createdAt = new Date(this.clock.nowMs())
    const id = newId('wak', createdAt.getTime())
    const { secret, sha256 } = newSecret()
    await db.insert('api_keys', { id, name, role, secret_sha256: sha256, created_at: createdAt })
    return { ...viewOf({ id, name, role, created_at: createdAt, revoked_at: null }), key: `${id}.${secret}` }
  }

  async revoke(db: TenantDb, id: string): Promise<void> {
    const revoked = await db.first(
      'update writ.api_keys set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and id = $2 returning id',
      [id, new Date(this.clock.nowMs())],
    )
    if (!revoked) throw notFound()
  }
}

type ApiKeyRow = { id: string; name: string; role: Role; created_at: Date; revoked_at: Date | null }

const viewOf = (row: ApiKeyRow): ApiKeyView => ({
  id: row.id,
  name: row.name,
  role: row.role,
  createdAt: row.created_at.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
})
