import { Injectable } from '@nestjs/common'
import type {
  NewSsoConnection,
  SsoConnectionChange,
  SsoConnectionId,
  SsoConnectionView,
} from '@writ/contracts'
import { requireOwnerWayIn } from '../api-keys/owner-ways.ts'
import { Clock } from '../clock.ts'
import { readPage } from '../http/page.ts'
import type { ListQuery, Page } from '../http/page.ts'
import { badRequest, notFound } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import { HumanSessions } from '../sign-in/human-sessions.ts'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { isLoopbackName } from './outbound.ts'
import type { OpenSsoConnection } from './relying-party.ts'

/** The identity providers of a tenant. */
@Injectable()
export class SsoConnectionsService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly secrets: TenantSecrets,
    private readonly sessions: HumanSessions,
  ) {}

  list(db: TenantDb, query: ListQuery): Promise<Page<SsoConnectionView>> {
    return readPage(db, { select: SELECT, id: 'p.id' }, query, (row: SsoRow) => this.#viewOf(db, row))
  }

  async get(db: TenantDb, id: SsoConnectionId): Promise<SsoConnectionView> {
    const row = await db.first<SsoRow>(`${SELECT} and p.id = $2`, [id])
    if (!row) throw notFound()
    return this.#viewOf(db, row)
  }

  async create(db: TenantDb, asked: NewSsoConnection): Promise<SsoConnectionView> {
    this.#requireIssuer(asked.issuer)
    const nowMs = this.clock.nowMs()
    const id = newId('sso', nowMs)
    await db.insert('sso_connections', {
      id,
      name: asked.name,
      issuer: asked.issuer,
      client_id: asked.clientId,
      sealed_secret: await this.secrets.sealSsoSecret(db, { id, version: 1 }, asked.clientSecret),
      scopes: asked.scopes,
      jit: asked.jit,
      created_at: new Date(nowMs),
    })
    return this.get(db, id)
  }

  async change(db: TenantDb, id: SsoConnectionId, change: SsoConnectionChange): Promise<SsoConnectionView> {
    await this.get(db, id)
    if (change.clientSecret !== undefined) await this.#replaceSecret(db, id, change.clientSecret)
    await db.rows(
      `update writ.sso_connections set name = coalesce($3, name), client_id = coalesce($4, client_id),
         scopes = coalesce($5, scopes), jit = coalesce($6, jit) where tenant_id = $1 and id = $2`,
      [id, change.name ?? null, change.clientId ?? null, change.scopes ?? null, change.jit ?? null],
    )
    return this.get(db, id)
  }

  /** Whoever came in by it is signed out. Identities stay: a new connection of the same issuer brings the same humans. @throws 409 for the last way in of an owner */
  async remove(db: TenantDb, id: SsoConnectionId): Promise<void> {
    await this.get(db, id)
    // First: whoever signs in by it at this moment is there by now and ended with the others, or comes later and is refused.
    await db.rows('update writ.sso_connections set deleted_at = $3 where tenant_id = $1 and id = $2', [
      id,
      new Date(this.clock.nowMs()),
    ])
    await this.sessions.endAllFrom(db, id)
    await db.rows('delete from writ.sso_domains where tenant_id = $1 and sso_id = $2', [id])
    await requireOwnerWayIn(db)
  }

  /** With its secret open. null: there is none of that id. */
  async open(db: TenantDb, id: SsoConnectionId): Promise<OpenSsoConnection | null> {
    const row = await db.first<SealedRow>(
      `select p.id, p.issuer, p.client_id, p.sealed_secret, p.secret_version, p.scopes, p.jit
       from writ.sso_connections p where p.tenant_id = $1 and p.id = $2 and p.deleted_at is null`,
      [id],
    )
    if (!row) return null
    const place = { id, version: row.secret_version }
    return {
      id,
      issuer: row.issuer,
      clientId: row.client_id,
      clientSecret: await this.secrets.openSsoSecret(db, place, row.sealed_secret),
      secretVersion: row.secret_version,
      scopes: row.scopes,
      jit: row.jit,
    }
  }

  /** As it is now, after its provider was asked. Held until the transaction ends. null: it was removed, or is another client there */
  async held(db: TenantDb, asked: OpenSsoConnection): Promise<OpenSsoConnection | null> {
    const row = await db.first<Pick<SsoRow, 'jit'>>(
      'select jit from writ.sso_connections where tenant_id = $1 and id = $2 and client_id = $3 and deleted_at is null for share',
      [asked.id, asked.clientId],
    )
    return row && { ...asked, jit: row.jit }
  }

  /** What the sign-in page offers. */
  offered(db: TenantDb): Promise<{ readonly id: SsoConnectionId; readonly name: string }[]> {
    return db.rows(
      'select id, name from writ.sso_connections where tenant_id = $1 and deleted_at is null order by name, id',
    )
  }

  async #replaceSecret(db: TenantDb, id: SsoConnectionId, secret: string): Promise<void> {
    const row = await db.first<{ version: number }>(
      'select secret_version + 1 as version from writ.sso_connections where tenant_id = $1 and id = $2 for update',
      [id],
    )
    if (!row) throw notFound()
    await db.rows(
      'update writ.sso_connections set sealed_secret = $3, secret_version = $4 where tenant_id = $1 and id = $2',
      [id, await this.secrets.sealSsoSecret(db, { id, version: row.version }, secret), row.version],
    )
  }

  #requireIssuer(issuer: string): void {
    if (isIssuer(issuer, this.settings.identityProviders.loopback)) return
    throw badRequest('the request does not have the right form', [
      {
        path: 'issuer',
        message: 'must be the issuer identifier: https, without query, fragment or well-known part',
      },
    ])
  }

  #viewOf({ tenant }: TenantDb, row: SsoRow): SsoConnectionView {
    return {
      id: row.id,
      name: row.name,
      issuer: row.issuer,
      clientId: row.client_id,
      scopes: row.scopes,
      jit: row.jit,
      redirectUri: this.settings.redirectUriOf(tenant.slug, row.id),
      backChannelLogoutUri: this.settings.backChannelLogoutUriOf(tenant.slug, row.id),
      domains: row.domains,
      createdAt: row.created_at.toISOString(),
    }
  }
}

// The exact text counts: it is compared with what the identity provider calls itself, and it is half of who a human is.
function isIssuer(issuer: string, takesLoopback: boolean): boolean {
  const { protocol, hostname, username, password } = new URL(issuer)
  const isPlain = username === '' && password === '' && !/[?#]|\/\.well-known\//.test(issuer)
  const isTrial = takesLoopback && protocol === 'http:' && isLoopbackName(hostname)
  return isPlain && (protocol === 'https:' || isTrial)
}

type SsoRow = {
  id: SsoConnectionId
  name: string
  issuer: string
  client_id: string
  scopes: string[]
  jit: boolean
  domains: string[]
  created_at: Date
}
type SealedRow = Pick<SsoRow, 'id' | 'issuer' | 'client_id' | 'scopes' | 'jit'> & {
  sealed_secret: Buffer
  secret_version: number
}

const SELECT = `select p.id, p.name, p.issuer, p.client_id, p.scopes, p.jit, p.created_at,
  coalesce((select array_agg(d.domain order by d.domain) from writ.sso_domains d
    where d.tenant_id = p.tenant_id and d.sso_id = p.id and d.proven_at is not null), '{}') as domains
  from writ.sso_connections p where p.tenant_id = $1 and p.deleted_at is null`
