import { Injectable } from '@nestjs/common'
import type { DomainId, DomainView, NewDomain, SsoConnectionId } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { notFound } from '../http/problem.ts'
import { newId, randomToken } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { SsoConnectionsService } from './sso-connections.service.ts'

/** Domains of a tenant, proven by a TXT record: people of a proven domain may come by its connection without being made before. */
@Injectable()
export class DomainsService {
  constructor(
    private readonly clock: Clock,
    private readonly connections: SsoConnectionsService,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<DomainView>> {
    return readPage(db, { select: SELECT, id: 'id' }, query, viewOf)
  }

  async get(db: TenantDb, id: DomainId): Promise<DomainView> {
    const row = await db.first<DomainRow>(`${SELECT} and id = $2`, [id])
    if (!row) throw notFound()
    return viewOf(row)
  }

  async create(db: TenantDb, { domain, sso }: NewDomain): Promise<DomainView> {
    await this.connections.get(db, sso)
    const nowMs = this.clock.nowMs()
    const id = newId('dom', nowMs)
    await db.insert('sso_domains', {
      id,
      domain,
      sso_id: sso,
      token: randomToken(24),
      created_at: new Date(nowMs),
    })
    return this.get(db, id)
  }

  /** A record that is gone takes the proof away. @param found what stands in the Domain Name System now */
  async check(db: TenantDb, id: DomainId, found: readonly string[]): Promise<DomainView> {
    const { value } = await this.get(db, id)
    await db.rows(
      `update writ.sso_domains set checked_at = $3, proven_at = case when $4 then coalesce(proven_at, $3) end
       where tenant_id = $1 and id = $2`,
      [id, new Date(this.clock.nowMs()), found.includes(value)],
    )
    return this.get(db, id)
  }

  async remove(db: TenantDb, id: DomainId): Promise<void> {
    await this.get(db, id)
    await db.rows('delete from writ.sso_domains where tenant_id = $1 and id = $2', [id])
  }
}

/** Whether people of that domain may come by that connection without being made before. */
export async function isProven(db: TenantDb, domain: string, sso: SsoConnectionId): Promise<boolean> {
  const proven = await db.first(
    'select 1 from writ.sso_domains where tenant_id = $1 and domain = $2 and sso_id = $3 and proven_at is not null',
    [domain, sso],
  )
  return proven !== null
}

type DomainRow = {
  id: DomainId
  domain: string
  sso_id: SsoConnectionId
  token: string
  created_at: Date
  checked_at: Date | null
  proven_at: Date | null
}

const SELECT = `select id, domain, sso_id, token, created_at, checked_at, proven_at from writ.sso_domains where tenant_id = $1`

const viewOf = (row: DomainRow): DomainView => ({
  id: row.id,
  domain: row.domain,
  sso: row.sso_id,
  state: row.proven_at === null ? 'pending' : 'proven',
  record: `_writ-challenge.${row.domain}`,
  value: `writ-domain-proof=${row.token}`,
  createdAt: row.created_at.toISOString(),
  checkedAt: row.checked_at?.toISOString() ?? null,
  provenAt: row.proven_at?.toISOString() ?? null,
})
