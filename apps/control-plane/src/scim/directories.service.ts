import { Injectable } from '@nestjs/common'
import type {
  CreatedDirectory,
  DirectoryId,
  DirectoryView,
  NewDirectory,
  SsoConnectionId,
} from '@writ/contracts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { newId, newSecret } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { SsoConnectionsService } from '../sso/sso-connections.service.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** A directory that asks. `issuer`: of the connection whose subjects it knows by `externalId`; null when it speaks for none. */
export type Directory = { readonly id: DirectoryId; readonly issuer: string | null }

/** The directories of a tenant, and their tokens. */
@Injectable()
export class DirectoriesService {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly connections: SsoConnectionsService,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<DirectoryView>> {
    return readPage(db, { select: SELECT, id: 'id' }, query, (row: DirectoryRow) => this.#viewOf(db, row))
  }

  async get(db: TenantDb, id: DirectoryId): Promise<DirectoryView> {
    const row = await db.first<DirectoryRow>(`${SELECT} and id = $2`, [id])
    if (!row) throw notFound()
    return this.#viewOf(db, row)
  }

  async create(db: TenantDb, { name, subjectsOf }: NewDirectory): Promise<CreatedDirectory> {
    if (subjectsOf !== null) await this.connections.get(db, subjectsOf)
    const nowMs = this.clock.nowMs()
    const id = newId('dir', nowMs)
    const { secret, sha256 } = newSecret()
    await db.insert('directories', {
      id,
      name,
      secret_sha256: sha256,
      subjects_of: subjectsOf,
      created_at: new Date(nowMs),
    })
    return { ...(await this.get(db, id)), token: tokenOf(db, id, secret) }
  }

  /** A new token; the old one is over at once. */
  async renew(db: TenantDb, id: DirectoryId): Promise<CreatedDirectory> {
    const { secret, sha256 } = newSecret()
    const changed = await db.first(
      'update writ.directories set secret_sha256 = $3 where tenant_id = $1 and id = $2 and revoked_at is null returning id',
      [id, sha256],
    )
    if (!changed) throw notFound()
    return { ...(await this.get(db, id)), token: tokenOf(db, id, secret) }
  }

  /** Its token is over. The humans that it made stay as they are. */
  async revoke(db: TenantDb, id: DirectoryId): Promise<void> {
    await this.get(db, id)
    await db.rows(
      'update writ.directories set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and id = $2',
      [id, new Date(this.clock.nowMs())],
    )
  }

  /** The directory that was let in. */
  async asking(db: TenantDb, id: string): Promise<Directory> {
    const row = await db.first<Directory>(
      `select d.id, s.issuer from writ.directories d
       left join writ.sso_connections s on s.tenant_id = d.tenant_id and s.id = d.subjects_of and s.deleted_at is null
       where d.tenant_id = $1 and d.id = $2`,
      [id],
    )
    if (!row) throw notFound()
    return row
  }

  #viewOf({ tenant }: TenantDb, row: DirectoryRow): DirectoryView {
    return {
      id: row.id,
      name: row.name,
      subjectsOf: row.subjects_of,
      url: this.settings.directoryUrlOf(tenant.slug),
      createdAt: row.created_at.toISOString(),
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
      revokedAt: row.revoked_at?.toISOString() ?? null,
    }
  }
}

/** The tenant stands in it, so that a token is looked for among that tenant's only. */
const tokenOf = ({ tenant }: TenantDb, id: DirectoryId, secret: string): string =>
  `${tenant.id}.${id}.${secret}`

type DirectoryRow = {
  id: DirectoryId
  name: string
  subjects_of: SsoConnectionId | null
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
}

const SELECT = `select id, name, subjects_of, created_at, last_used_at, revoked_at from writ.directories where tenant_id = $1`
